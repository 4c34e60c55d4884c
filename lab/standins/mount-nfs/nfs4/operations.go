// Copyright: (c) 2026, kubehub contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package nfs4

import (
	"fmt"
	"log"
	"strconv"
	"syscall"
	"time"
)

// Operations and statuses: RFC 8881, sections 15 and 18; RFC 7863 has the numbers.
const (
	opAccess          = 3
	opClose           = 4
	opCommit          = 5
	opCreate          = 6
	opGetattr         = 9
	opGetFH           = 10
	opLink            = 11
	opLookup          = 15
	opOpen            = 18
	opPutFH           = 22
	opPutRootFH       = 24
	opRead            = 25
	opReaddir         = 26
	opReadlink        = 27
	opRemove          = 28
	opRename          = 29
	opRestoreFH       = 31
	opSaveFH          = 32
	opSetattr         = 34
	opWrite           = 38
	opExchangeID      = 42
	opCreateSession   = 43
	opDestroySession  = 44
	opSequence        = 53
	opDestroyClientID = 57
	opReclaimComplete = 58

	statusDelay         = 10008
	statusExpired       = 10011
	statusGrace         = 10013
	statusStaleClient   = 10022
	statusRetryUncached = 10068

	useNonPNFS = 0x10000
)

// Attributes by their numbers (RFC 8881, section 5): those asked of every file, those also asked of a folder's entries, those of a file system.
const (
	attrType, attrChange, attrSize, attrRdattrError, attrFilehandle, attrFileID = 1, 3, 4, 11, 19, 20
	attrFilesAvail, attrFilesFree, attrFilesTotal                               = 21, 22, 23
	attrMode, attrNumlinks, attrOwner, attrOwnerGroup, attrRawdev               = 33, 35, 36, 37, 41
	attrSpaceAvail, attrSpaceFree, attrSpaceTotal, attrSpaceUsed                = 42, 43, 44, 45
	attrTimeAccess, attrTimeAccessSet, attrTimeMetadata, attrTimeModify         = 47, 48, 52, 53
	attrTimeModifySet                                                           = 54
)

var (
	ofFile = bits(attrType, attrChange, attrSize, attrFileID, attrMode, attrNumlinks, attrOwner, attrOwnerGroup, attrRawdev,
		attrSpaceUsed, attrTimeAccess, attrTimeMetadata, attrTimeModify)
	ofEntry = bits(attrType, attrChange, attrSize, attrRdattrError, attrFilehandle, attrFileID, attrMode, attrNumlinks, attrOwner,
		attrOwnerGroup, attrRawdev, attrSpaceUsed, attrTimeAccess, attrTimeMetadata, attrTimeModify)
	ofSystem = bits(attrFilesAvail, attrFilesFree, attrFilesTotal, attrSpaceAvail, attrSpaceFree, attrSpaceTotal)
)

func bits(numbers ...uint) (words [2]uint32) {
	for _, n := range numbers {
		words[n/32] |= 1 << (n % 32)
	}
	return words
}

// Rights that Access asks for (ACCESS4_*).
const (
	Read, Modify, Extend, Execute = 1, 4, 8, 0x20
)

// Handle is the server's name of a file: opaque bytes.
type Handle string

// Attr are a file's attributes; Mode has the type's bits of stat(2), Change moves with every change of the file.
type Attr struct {
	Mode, Nlink, UID, GID    uint32
	Major, Minor             uint32
	FileID, Change           uint64
	Size, Used               uint64
	Accessed, Changed, Wrote time.Time
}

// Entry is a name in a folder. A file that cannot be looked at has no handle.
type Entry struct {
	Name   string
	Handle Handle
	Attr   Attr
}

// Space is what a file system, or a folder with a quota, holds: bytes and files.
type Space struct{ Total, Free, Avail, Files, FilesFree uint64 }

// Time is a time to set: none, the server's own now, or the given one.
type Time struct {
	Set, Now bool
	At       time.Time
}

// Changes are attributes to set; nil leaves one as it is.
type Changes struct {
	Size               *uint64
	Mode, UID, GID     *uint32
	Accessed, Modified Time
}

// None says that there is nothing to set.
func (ch Changes) None() bool {
	return ch.Size == nil && ch.Mode == nil && ch.UID == nil && ch.GID == nil && !ch.Accessed.given() && !ch.Modified.given()
}

func (t Time) given() bool { return t.Set || t.Now }

// Verifier changes when the server starts: what it had not committed may then be lost.
type Verifier [8]byte

func at(handle Handle) *request {
	r := &request{}
	r.op(opPutFH).opaque([]byte(handle))
	return r
}

// op counts an operation; its arguments follow.
func (r *request) op(number uint32) *encoder {
	r.ops++
	return r.uint32(number)
}

func (r *request) once() *request { r.keep = true; return r }

func (r *request) attributes(of [2]uint32) *request {
	r.op(opGetattr).uint32(2, of[0], of[1])
	return r
}

// handleAndAttributes asks for what entry reads.
func (r *request) handleAndAttributes() *request {
	r.op(opGetFH)
	return r.attributes(ofFile)
}

func (e *encoder) anonymous() *encoder { return e.fixed(make([]byte, 16)) }
func (e *encoder) mode(mode uint32) *encoder {
	return e.uint32(2, 0, 1<<(attrMode-32)).uint32(4, mode&07777)
}

// result reads the head of an operation's result, whose status the compound's own has told.
func (d *decoder) result() *decoder { d.fixed(8); return d }

// changed reads a change_info4.
func (d *decoder) changed() *decoder { d.fixed(20); return d }

func (d *decoder) entry() (Handle, Attr) {
	handle := Handle(d.result().opaque())
	attr, _ := d.result().attr()
	return handle, attr
}

func (d *decoder) time() time.Time {
	seconds := int64(d.uint64())
	return time.Unix(seconds, int64(d.uint32()))
}

// owner reads a user or group, which the server must give as a number; other names are nobody.
func (d *decoder) owner() uint32 {
	number, err := strconv.ParseUint(string(d.opaque()), 10, 32)
	if err != nil {
		return 65534
	}
	return uint32(number)
}

// attr reads a fattr4 with what ofFile or ofEntry ask for, in the order of the numbers.
func (d *decoder) attr() (a Attr, handle Handle) {
	words := d.bitmap()
	v := &decoder{b: d.opaque(), err: d.err}
	has := func(number uint) bool { return words[number/32]&(1<<(number%32)) != 0 }
	if has(attrType) {
		types := [...]uint32{1: syscall.S_IFREG, syscall.S_IFDIR, syscall.S_IFBLK, syscall.S_IFCHR, syscall.S_IFLNK, syscall.S_IFSOCK, syscall.S_IFIFO}
		if kind := v.uint32(); int(kind) < len(types) {
			a.Mode = types[kind]
		}
	}
	if has(attrChange) {
		a.Change = v.uint64()
	}
	if has(attrSize) {
		a.Size = v.uint64()
	}
	if has(attrRdattrError) {
		v.uint32()
	}
	if has(attrFilehandle) {
		handle = Handle(v.opaque())
	}
	if has(attrFileID) {
		a.FileID = v.uint64()
	}
	if has(attrMode) {
		a.Mode |= v.uint32()
	}
	if has(attrNumlinks) {
		a.Nlink = v.uint32()
	}
	if has(attrOwner) {
		a.UID = v.owner()
	}
	if has(attrOwnerGroup) {
		a.GID = v.owner()
	}
	if has(attrRawdev) {
		a.Major, a.Minor = v.uint32(), v.uint32()
	}
	if has(attrSpaceUsed) {
		a.Used = v.uint64()
	}
	if has(attrTimeAccess) {
		a.Accessed = v.time()
	}
	if has(attrTimeMetadata) {
		a.Changed = v.time()
	}
	if has(attrTimeModify) {
		a.Wrote = v.time()
	}
	if d.err == nil {
		d.err = v.err
	}
	return a, handle
}

// Mount walks from the server's root to an exported folder.
func (c *Client) Mount(caller Caller, names []string) (handle Handle, attr Attr, err error) {
	r := &request{}
	r.op(opPutRootFH)
	for _, name := range names {
		r.op(opLookup).text(name)
	}
	err = c.do(caller, r.handleAndAttributes(), func(d *decoder) {
		for range len(names) + 1 {
			d.result()
		}
		handle, attr = d.entry()
	})
	return handle, attr, err
}

// Lookup finds a name in a folder.
func (c *Client) Lookup(caller Caller, folder Handle, name string) (handle Handle, attr Attr, err error) {
	r := at(folder)
	r.op(opLookup).text(name)
	err = c.do(caller, r.handleAndAttributes(), func(d *decoder) { handle, attr = d.result().result().entry() })
	return handle, attr, err
}

// GetAttr reads a file's attributes.
func (c *Client) GetAttr(caller Caller, file Handle) (attr Attr, err error) {
	err = c.do(caller, at(file).attributes(ofFile), func(d *decoder) { attr, _ = d.result().result().attr() })
	return attr, err
}

// Access returns which of the wanted rights the caller has, and the file's attributes.
func (c *Client) Access(caller Caller, file Handle, want uint32) (got uint32, attr Attr, err error) {
	r := at(file)
	r.op(opAccess).uint32(want)
	err = c.do(caller, r.attributes(ofFile), func(d *decoder) {
		d.result().result().uint32() // supported
		got = d.uint32()
		attr, _ = d.result().attr()
	})
	return got, attr, err
}

// SetAttr changes attributes and returns all of them.
func (c *Client) SetAttr(caller Caller, file Handle, ch Changes) (attr Attr, err error) {
	var words [2]uint32
	values := &encoder{}
	mark := func(number uint) { words[number/32] |= 1 << (number % 32) }
	if ch.Size != nil {
		mark(attrSize)
		values.uint64(*ch.Size)
	}
	if ch.Mode != nil {
		mark(attrMode)
		values.uint32(*ch.Mode & 07777)
	}
	if ch.UID != nil {
		mark(attrOwner)
		values.text(fmt.Sprint(*ch.UID))
	}
	if ch.GID != nil {
		mark(attrOwnerGroup)
		values.text(fmt.Sprint(*ch.GID))
	}
	if ch.Accessed.given() {
		mark(attrTimeAccessSet)
		values.settime(ch.Accessed)
	}
	if ch.Modified.given() {
		mark(attrTimeModifySet)
		values.settime(ch.Modified)
	}
	r := at(file).once()
	r.op(opSetattr).anonymous().uint32(2, words[0], words[1]).opaque(values.b)
	err = c.do(caller, r.attributes(ofFile), func(d *decoder) {
		d.result().result().bitmap()
		attr, _ = d.result().attr()
	})
	return attr, err
}

func (e *encoder) settime(t Time) {
	if t.Now {
		e.uint32(0)
	} else {
		e.uint32(1).uint64(uint64(t.At.Unix())).uint32(uint32(t.At.Nanosecond()))
	}
}

// create makes anything but a regular file; kind holds its createtype4.
func (c *Client) create(caller Caller, folder Handle, name string, mode uint32, kind *encoder) (handle Handle, attr Attr, err error) {
	r := at(folder).once()
	r.op(opCreate).fixed(kind.b).text(name).mode(mode)
	err = c.do(caller, r.handleAndAttributes(), func(d *decoder) {
		d.result().result().changed().bitmap()
		handle, attr = d.entry()
	})
	return handle, attr, err
}

// Mkdir makes a folder.
func (c *Client) Mkdir(caller Caller, folder Handle, name string, mode uint32) (Handle, Attr, error) {
	return c.create(caller, folder, name, mode, new(encoder).uint32(2))
}

// Symlink makes a symbolic link.
func (c *Client) Symlink(caller Caller, folder Handle, name, target string) (Handle, Attr, error) {
	return c.create(caller, folder, name, 0777, new(encoder).uint32(5).text(target))
}

// Mkfifo makes a named pipe.
func (c *Client) Mkfifo(caller Caller, folder Handle, name string, mode uint32) (Handle, Attr, error) {
	return c.create(caller, folder, name, mode, new(encoder).uint32(7))
}

// Mksock makes a socket.
func (c *Client) Mksock(caller Caller, folder Handle, name string, mode uint32) (Handle, Attr, error) {
	return c.create(caller, folder, name, mode, new(encoder).uint32(6))
}

// CreateFile makes a regular file, or finds the one that is there unless exclusive. It is opened and closed in one request
// (the "current stateid"), so the server holds nothing.
func (c *Client) CreateFile(caller Caller, folder Handle, name string, mode uint32, exclusive bool) (handle Handle, attr Attr, err error) {
	how := uint32(0) // UNCHECKED4
	if exclusive {
		how = 1 // GUARDED4
	}
	r := at(folder).once()
	// An owner of its own, or another open's CLOSE would close this one too. The owner's clientid is not looked at in a session.
	owner := fmt.Sprintf("open %d", c.xid.Add(1))
	r.op(opOpen).uint32(0, 3|0x400, 0).uint64(0).text(owner).uint32(1, how).mode(mode).uint32(0).text(name)
	r.handleAndAttributes()
	r.op(opClose).uint32(0, 1, 0, 0, 0)
	err = c.do(caller, r, func(d *decoder) {
		d.result().result().fixed(16)
		d.changed().uint32()
		d.bitmap()
		if d.uint32() == 3 { // OPEN_DELEGATE_NONE_EXT: why, and for two of the reasons one word more
			if why := d.uint32(); why == 1 || why == 2 {
				d.uint32()
			}
		}
		handle, attr = d.entry()
	})
	return handle, attr, err
}

// ReadAt reads into p, not more than MaxIO bytes, and says whether the file ends there.
func (c *Client) ReadAt(caller Caller, file Handle, p []byte, offset uint64) (n int, end bool, err error) {
	r := at(file)
	r.op(opRead).anonymous().uint64(offset).uint32(uint32(min(len(p), c.MaxIO())))
	err = c.do(caller, r, func(d *decoder) {
		end = d.result().result().bool()
		n = copy(p, d.opaque())
	})
	return n, end || n == 0, err
}

// WriteAt writes what it can of p, not more than MaxIO bytes. The data is committed to the disk by Commit only.
func (c *Client) WriteAt(caller Caller, file Handle, p []byte, offset uint64) (n int, v Verifier, err error) {
	p = p[:min(len(p), c.MaxIO())]
	r := &request{encoder: encoder{b: make([]byte, 0, len(p)+256)}}
	r.op(opPutFH).opaque([]byte(file))
	r.op(opWrite).anonymous().uint64(offset).uint32(0).opaque(p)
	err = c.do(caller, r, func(d *decoder) {
		n = int(d.result().result().uint32())
		d.uint32() // how stable
		copy(v[:], d.fixed(8))
	})
	if err == nil && (n <= 0 || n > len(p)) {
		err = syscall.EIO
	}
	return n, v, err
}

// Commit has the server write to its disk what was written to a file.
func (c *Client) Commit(caller Caller, file Handle) (v Verifier, err error) {
	r := at(file)
	r.op(opCommit).uint64(0).uint32(0)
	err = c.do(caller, r, func(d *decoder) { copy(v[:], d.result().result().fixed(8)) })
	return v, err
}

// ReadDir reads all of a folder.
func (c *Client) ReadDir(caller Caller, folder Handle) (entries []Entry, err error) {
	var cookie uint64
	verifier := make([]byte, 8)
	for end := false; !end; {
		r := at(folder)
		r.op(opReaddir).uint64(cookie).fixed(verifier).uint32(1<<15, 1<<18, 2, ofEntry[0], ofEntry[1])
		got := len(entries)
		err = c.do(caller, r, func(d *decoder) {
			copy(verifier, d.result().result().fixed(8))
			for d.bool() {
				cookie = d.uint64()
				name := string(d.opaque())
				attr, handle := d.attr()
				entries = append(entries, Entry{name, handle, attr})
			}
			end = d.bool()
		})
		if err == nil && !end && len(entries) == got {
			err = syscall.EIO // neither an entry nor the end: it would go on for ever
		}
		if err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// Readlink reads where a symbolic link leads.
func (c *Client) Readlink(caller Caller, link Handle) (target string, err error) {
	r := at(link)
	r.op(opReadlink)
	err = c.do(caller, r, func(d *decoder) { target = string(d.result().result().opaque()) })
	return target, err
}

// Remove removes a name, of a file or of an empty folder.
func (c *Client) Remove(caller Caller, folder Handle, name string) error {
	r := at(folder).once()
	r.op(opRemove).text(name)
	return c.do(caller, r, nil)
}

// Rename gives a file a new name; a file that had it is replaced.
func (c *Client) Rename(caller Caller, from Handle, name string, to Handle, newName string) error {
	r := at(from).once()
	r.op(opSaveFH)
	r.op(opPutFH).opaque([]byte(to))
	r.op(opRename).text(name).text(newName)
	return c.do(caller, r, nil)
}

// Link gives a file a second name.
func (c *Client) Link(caller Caller, file, folder Handle, name string) (handle Handle, attr Attr, err error) {
	r := at(file).once()
	r.op(opSaveFH)
	r.op(opPutFH).opaque([]byte(folder))
	r.op(opLink).text(name)
	r.op(opRestoreFH)
	err = c.do(caller, r.handleAndAttributes(), func(d *decoder) {
		d.result().result().result().result().changed()
		handle, attr = d.result().entry()
	})
	return handle, attr, err
}

// StatFS says how much room there is at a file.
func (c *Client) StatFS(caller Caller, file Handle) (s Space, err error) {
	err = c.do(caller, at(file).attributes(ofSystem), func(d *decoder) {
		d.result().result().bitmap()
		v := &decoder{b: d.opaque(), err: d.err}
		v.uint64() // files that this user may make
		s.FilesFree, s.Files = v.uint64(), v.uint64()
		s.Avail, s.Free, s.Total = v.uint64(), v.uint64(), v.uint64()
		if d.err == nil {
			d.err = v.err
		}
	})
	return s, err
}

// refusal is the errno of an NFS status: the low ones are Unix's own.
func refusal(status uint32) syscall.Errno {
	named := map[uint32]syscall.Errno{
		63:    syscall.ENAMETOOLONG,
		66:    syscall.ENOTEMPTY,
		69:    syscall.EDQUOT,
		70:    syscall.ESTALE, // STALE
		10001: syscall.ESTALE, // BADHANDLE
		10004: syscall.EOPNOTSUPP,
		10012: syscall.EAGAIN, // LOCKED
		10016: syscall.EACCES, // WRONGSEC
		10029: syscall.ELOOP,  // SYMLINK
		10041: syscall.EINVAL, // BADNAME
		10046: syscall.EBUSY,  // FILE_OPEN
	}
	if number, ok := named[status]; ok {
		return number
	}
	if status < 40 {
		return syscall.Errno(status)
	}
	log.Printf("NFS status %d has no errno", status)
	return syscall.EIO
}
