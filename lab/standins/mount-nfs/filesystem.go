// Copyright: (c) 2026, kubehub contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"

	"kubehub/mount-nfs/nfs4"
	"kubehub/mount-nfs/system"
)

const (
	nobody = 65534
	// how long the kernel believes names and attributes, in seconds
	valid = 1
	// linux/fs.h; the kernel tells it to FUSE of a file that is opened to be run
	openedToRun = 0x20
)

// fileSystem answers the kernel's requests (libfuse's fuse_lowlevel.h describes them) by asking the server.
type fileSystem struct {
	fuse.RawFileSystem
	client *nfs4.Client

	mu       sync.Mutex
	last     uint64 // number given last, of a node or of an open file
	nodes    map[uint64]*node
	byHandle map[nfs4.Handle]*node
	files    map[uint64]*file
	groups   map[fuse.Caller]groups
}

// node is a file that the kernel knows.
type node struct {
	number      uint64
	handle      nfs4.Handle
	change      atomic.Uint64 // the change attribute up to which the kernel's cache of the data is good
	uncommitted nfs4.Uncommitted

	// guarded by the file system's mu
	lookups uint64
	opens   int
	hidden  *hidden
}

// hidden is the name that a file got which was removed while it was open.
type hidden struct {
	folder nfs4.Handle
	name   string
	cred   nfs4.Cred
}

// file is an open file or folder. Reads and writes are made in the name of who opened it.
type file struct {
	node    *node
	cred    nfs4.Cred
	dirty   atomic.Bool
	mu      sync.Mutex
	listed  bool
	entries []nfs4.Entry
}

type groups struct {
	list []uint32
	at   time.Time
}

func newFileSystem(client *nfs4.Client, handle nfs4.Handle) *fileSystem {
	root := &node{number: fuse.FUSE_ROOT_ID, handle: handle, lookups: 1}
	return &fileSystem{
		RawFileSystem: fuse.NewDefaultRawFileSystem(),
		client:        client,
		last:          fuse.FUSE_ROOT_ID,
		nodes:         map[uint64]*node{root.number: root},
		byHandle:      map[nfs4.Handle]*node{handle: root},
		files:         map[uint64]*file{},
		groups:        map[fuse.Caller]groups{},
	}
}

func (fs *fileSystem) String() string { return "mount-nfs" }

// --- who asks -------------------------------------------------------------------------------------------------------

func (fs *fileSystem) caller(cancel <-chan struct{}, from *fuse.InHeader) nfs4.Caller {
	return fs.as(cancel, from, nfs4.Cred{UID: from.Uid, GID: from.Gid, Groups: fs.groupsOf(from.Caller)})
}

func (fs *fileSystem) as(cancel <-chan struct{}, from *fuse.InHeader, cred nfs4.Cred) nfs4.Caller {
	pid := from.Pid
	return nfs4.Caller{Cred: cred, Interrupt: cancel, Dying: func() bool {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		return err == nil && system.Killed(status)
	}}
}

// groupsOf asks the kernel for a process's further groups, once a second: FUSE does not tell them.
func (fs *fileSystem) groupsOf(who fuse.Caller) []uint32 {
	fs.mu.Lock()
	known, found := fs.groups[who]
	fs.mu.Unlock()
	if found && time.Since(known.at) < time.Second {
		return known.list
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", who.Pid))
	if err != nil {
		return nil // ended meanwhile, or a request of the kernel's own
	}
	list := system.GroupsIn(status)
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if len(fs.groups) > 1000 {
		clear(fs.groups)
	}
	fs.groups[who] = groups{list, time.Now()}
	return list
}

// --- nodes and open files -------------------------------------------------------------------------------------------

func (fs *fileSystem) node(number uint64) *node {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.nodes[number]
}

func (fs *fileSystem) handle(number uint64) nfs4.Handle { return fs.node(number).handle }

func (fs *fileSystem) file(number uint64) *file {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.files[number]
}

// found tells the kernel of a file, by the number that it has or a new one.
func (fs *fileSystem) found(handle nfs4.Handle, a nfs4.Attr, out *fuse.EntryOut) *node {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	n := fs.byHandle[handle]
	if n == nil {
		fs.last++
		n = &node{number: fs.last, handle: handle}
		fs.nodes[n.number], fs.byHandle[handle] = n, n
	}
	n.lookups++
	*out = fuse.EntryOut{NodeId: n.number, Generation: 1, EntryValid: valid, AttrValid: valid, Attr: attr(a)}
	return n
}

func (fs *fileSystem) Forget(number, lookups uint64) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	n := fs.nodes[number]
	if n == nil || number == fuse.FUSE_ROOT_ID {
		return
	}
	if n.lookups -= min(lookups, n.lookups); n.lookups == 0 {
		delete(fs.nodes, number)
		delete(fs.byHandle, n.handle)
	}
}

func (fs *fileSystem) opened(n *node, cred nfs4.Cred) uint64 {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.last++
	fs.files[fs.last] = &file{node: n, cred: cred}
	n.opens++
	return fs.last
}

// closed counts one open less; the last one removes what was hidden.
func (fs *fileSystem) closed(n *node) {
	fs.mu.Lock()
	n.opens--
	var gone *hidden
	if n.opens == 0 {
		gone, n.hidden = n.hidden, nil
	}
	fs.mu.Unlock()
	if gone != nil {
		if err := fs.client.Remove(nfs4.Caller{Cred: gone.cred}, gone.folder, gone.name); err != nil {
			log.Printf("%s stays: %v", gone.name, err)
		}
	}
}

func attr(a nfs4.Attr) fuse.Attr {
	out := fuse.Attr{
		Ino: a.FileID, Size: a.Size, Blocks: (a.Used + 511) / 512, Mode: a.Mode, Nlink: a.Nlink,
		Owner: fuse.Owner{Uid: a.UID, Gid: a.GID}, Rdev: a.Major<<8 | a.Minor, Blksize: 1 << 17,
	}
	out.SetTimes(&a.Accessed, &a.Wrote, &a.Changed)
	return out
}

// --- names ----------------------------------------------------------------------------------------------------------

func (fs *fileSystem) Lookup(cancel <-chan struct{}, in *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	handle, a, err := fs.client.Lookup(fs.caller(cancel, in), fs.handle(in.NodeId), name)
	return fs.answer(handle, a, err, out)
}

func (fs *fileSystem) answer(handle nfs4.Handle, a nfs4.Attr, err error, out *fuse.EntryOut) fuse.Status {
	if err == nil {
		fs.found(handle, a, out)
	}
	return fuse.ToStatus(err)
}

func (fs *fileSystem) Mkdir(cancel <-chan struct{}, in *fuse.MkdirIn, name string, out *fuse.EntryOut) fuse.Status {
	handle, a, err := fs.client.Mkdir(fs.caller(cancel, &in.InHeader), fs.handle(in.NodeId), name, in.Mode)
	return fs.answer(handle, a, err, out)
}

func (fs *fileSystem) Symlink(cancel <-chan struct{}, in *fuse.InHeader, target, name string, out *fuse.EntryOut) fuse.Status {
	handle, a, err := fs.client.Symlink(fs.caller(cancel, in), fs.handle(in.NodeId), name, target)
	return fs.answer(handle, a, err, out)
}

func (fs *fileSystem) Mknod(cancel <-chan struct{}, in *fuse.MknodIn, name string, out *fuse.EntryOut) fuse.Status {
	caller, folder := fs.caller(cancel, &in.InHeader), fs.handle(in.NodeId)
	var handle nfs4.Handle
	var a nfs4.Attr
	var err error
	switch in.Mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		handle, a, err = fs.client.CreateFile(caller, folder, name, in.Mode, true)
	case syscall.S_IFIFO:
		handle, a, err = fs.client.Mkfifo(caller, folder, name, in.Mode)
	case syscall.S_IFSOCK:
		handle, a, err = fs.client.Mksock(caller, folder, name, in.Mode)
	default:
		return fuse.EPERM // devices are of no use on a mount that is always nodev
	}
	return fs.answer(handle, a, err, out)
}

func (fs *fileSystem) Link(cancel <-chan struct{}, in *fuse.LinkIn, name string, out *fuse.EntryOut) fuse.Status {
	handle, a, err := fs.client.Link(fs.caller(cancel, &in.InHeader), fs.handle(in.Oldnodeid), fs.handle(in.NodeId), name)
	return fs.answer(handle, a, err, out)
}

func (fs *fileSystem) Readlink(cancel <-chan struct{}, in *fuse.InHeader) ([]byte, fuse.Status) {
	target, err := fs.client.Readlink(fs.caller(cancel, in), fs.handle(in.NodeId))
	return []byte(target), fuse.ToStatus(err)
}

func (fs *fileSystem) Unlink(cancel <-chan struct{}, in *fuse.InHeader, name string) fuse.Status {
	caller, folder := fs.caller(cancel, in), fs.handle(in.NodeId)
	if fs.hide(caller, folder, name) {
		return fuse.OK
	}
	return fuse.ToStatus(fs.client.Remove(caller, folder, name))
}

func (fs *fileSystem) Rmdir(cancel <-chan struct{}, in *fuse.InHeader, name string) fuse.Status {
	return fuse.ToStatus(fs.client.Remove(fs.caller(cancel, in), fs.handle(in.NodeId), name))
}

func (fs *fileSystem) Rename(cancel <-chan struct{}, in *fuse.RenameIn, from, to string) fuse.Status {
	if in.Flags != 0 {
		return fuse.EINVAL // RENAME_NOREPLACE and RENAME_EXCHANGE, which NFS does not know
	}
	caller, folder := fs.caller(cancel, &in.InHeader), fs.handle(in.Newdir)
	fs.hide(caller, folder, to)
	return fuse.ToStatus(fs.client.Rename(caller, fs.handle(in.NodeId), from, folder, to))
}

// hide gives a file that is open here and loses its name another one, as every NFS client does: the server would forget it.
func (fs *fileSystem) hide(caller nfs4.Caller, folder nfs4.Handle, name string) bool {
	handle, _, err := fs.client.Lookup(caller, folder, name)
	if err != nil {
		return false
	}
	fs.mu.Lock()
	n := fs.byHandle[handle]
	open := n != nil && n.opens > 0 && n.hidden == nil
	if open {
		n.opens++ // a close in between must not be the last one, which would miss the new name
	}
	fs.mu.Unlock()
	if !open {
		return false
	}
	defer fs.closed(n)
	as := &hidden{folder, fmt.Sprintf(".nfs%016x", rand.Uint64()), caller.Cred}
	if fs.client.Rename(caller, folder, name, folder, as.name) != nil {
		return false
	}
	fs.mu.Lock()
	n.hidden = as
	fs.mu.Unlock()
	return true
}

// --- attributes -----------------------------------------------------------------------------------------------------

func (fs *fileSystem) GetAttr(cancel <-chan struct{}, in *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	a, err := fs.client.GetAttr(fs.caller(cancel, &in.InHeader), fs.handle(in.NodeId))
	out.Attr, out.AttrValid = attr(a), valid
	return fuse.ToStatus(err)
}

func (fs *fileSystem) SetAttr(cancel <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	caller, n := fs.caller(cancel, &in.InHeader), fs.node(in.NodeId)
	var changes nfs4.Changes
	if size, given := in.GetSize(); given {
		changes.Size = &size
	}
	if mode, given := in.GetMode(); given {
		changes.Mode = &mode
	}
	if uid, given := in.GetUID(); given {
		changes.UID = &uid
	}
	if gid, given := in.GetGID(); given {
		changes.GID = &gid
	}
	changes.Accessed = timeToSet(in.Valid&fuse.FATTR_ATIME, in.Valid&fuse.FATTR_ATIME_NOW, in.Atime, in.Atimensec)
	changes.Modified = timeToSet(in.Valid&fuse.FATTR_MTIME, in.Valid&fuse.FATTR_MTIME_NOW, in.Mtime, in.Mtimensec)
	if changes.None() {
		a, err := fs.client.GetAttr(caller, n.handle)
		out.Attr, out.AttrValid = attr(a), valid
		return fuse.ToStatus(err)
	}
	if changes.Size != nil {
		// ftruncate(2): what counts is the right that the file was opened with
		if number, given := in.GetFh(); given {
			caller.Cred = fs.file(number).cred
		}
		// what is written again after a server's restart must not come back behind the new end
		if err := n.uncommitted.Commit(fs.client, caller, n.handle); err != nil {
			return fuse.ToStatus(err)
		}
	}
	n.change.Store(0)
	a, err := fs.client.SetAttr(caller, n.handle, changes)
	out.Attr, out.AttrValid = attr(a), valid
	return fuse.ToStatus(err)
}

func timeToSet(set, now uint32, seconds uint64, nanoseconds uint32) nfs4.Time {
	return nfs4.Time{Set: set != 0, Now: now != 0, At: time.Unix(int64(seconds), int64(nanoseconds))}
}

// Access is answered by the kernel itself (default_permissions).
func (fs *fileSystem) Access(<-chan struct{}, *fuse.AccessIn) fuse.Status { return fuse.ENOSYS }

func (fs *fileSystem) StatFs(cancel <-chan struct{}, in *fuse.InHeader, out *fuse.StatfsOut) fuse.Status {
	space, err := fs.client.StatFS(fs.caller(cancel, in), fs.handle(in.NodeId))
	const block = 4096
	*out = fuse.StatfsOut{
		Blocks: space.Total / block, Bfree: space.Free / block, Bavail: space.Avail / block,
		Files: space.Files, Ffree: space.FilesFree, Bsize: block, Frsize: block, NameLen: 255,
	}
	return fuse.ToStatus(err)
}

// --- data -----------------------------------------------------------------------------------------------------------

func (fs *fileSystem) truncate(caller nfs4.Caller, n *node) error {
	if err := n.uncommitted.Commit(fs.client, caller, n.handle); err != nil {
		return err
	}
	n.change.Store(0)
	nothing := uint64(0)
	_, err := fs.client.SetAttr(caller, n.handle, nfs4.Changes{Size: &nothing})
	return err
}

func (fs *fileSystem) Create(cancel <-chan struct{}, in *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	caller := fs.caller(cancel, &in.InHeader)
	handle, a, err := fs.client.CreateFile(caller, fs.handle(in.NodeId), name, in.Mode, in.Flags&syscall.O_EXCL != 0)
	if err != nil {
		return fuse.ToStatus(err)
	}
	n := fs.found(handle, a, &out.EntryOut)
	if in.Flags&syscall.O_TRUNC != 0 && a.Size > 0 {
		if err := fs.truncate(caller, n); err != nil {
			return fuse.ToStatus(err)
		}
		out.Size = 0
	}
	out.Fh = fs.opened(n, caller.Cred)
	return fuse.OK
}

func (fs *fileSystem) Open(cancel <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	caller, n := fs.caller(cancel, &in.InHeader), fs.node(in.NodeId)
	want := uint32(nfs4.Read)
	switch {
	case in.Flags&openedToRun != 0:
		want = nfs4.Execute
	case in.Flags&syscall.O_ACCMODE == syscall.O_WRONLY:
		want = nfs4.Modify
	case in.Flags&syscall.O_ACCMODE == syscall.O_RDWR:
		want = nfs4.Read | nfs4.Modify
	}
	got, a, err := fs.client.Access(caller, n.handle, want)
	if err != nil {
		return fuse.ToStatus(err)
	}
	if got&want != want {
		return fuse.EACCES
	}
	if in.Flags&syscall.O_TRUNC != 0 {
		if err := fs.truncate(caller, n); err != nil {
			return fuse.ToStatus(err)
		}
	} else if n.change.Swap(a.Change) == a.Change {
		out.OpenFlags = fuse.FOPEN_KEEP_CACHE
	}
	out.Fh = fs.opened(n, caller.Cred)
	return fuse.OK
}

func (fs *fileSystem) Read(cancel <-chan struct{}, in *fuse.ReadIn, buffer []byte) (fuse.ReadResult, fuse.Status) {
	f := fs.file(in.Fh)
	caller := fs.as(cancel, &in.InHeader, f.cred)
	buffer = buffer[:min(len(buffer), int(in.Size))]
	done := 0
	for done < len(buffer) {
		n, end, err := fs.client.ReadAt(caller, f.node.handle, buffer[done:], in.Offset+uint64(done))
		if err != nil {
			return nil, fuse.ToStatus(err)
		}
		if done += n; end {
			break
		}
	}
	return fuse.ReadResultData(buffer[:done]), fuse.OK
}

func (fs *fileSystem) Write(cancel <-chan struct{}, in *fuse.WriteIn, data []byte) (uint32, fuse.Status) {
	f := fs.file(in.Fh)
	f.node.change.Store(0)
	f.dirty.Store(true)
	done, err := f.node.uncommitted.WriteAt(fs.client, fs.as(cancel, &in.InHeader, f.cred), f.node.handle, data, in.Offset)
	if done > 0 && done < len(data) {
		return uint32(done), fuse.OK // as write(2): the next one says why
	}
	return uint32(done), fuse.ToStatus(err)
}

func (fs *fileSystem) commit(cancel <-chan struct{}, in *fuse.InHeader, number uint64) fuse.Status {
	f := fs.file(number)
	if !f.dirty.Swap(false) {
		return fuse.OK
	}
	err := f.node.uncommitted.Commit(fs.client, fs.as(cancel, in, f.cred), f.node.handle)
	if err == syscall.EINTR {
		f.dirty.Store(true)
	}
	return fuse.ToStatus(err)
}

func (fs *fileSystem) Fsync(cancel <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	return fs.commit(cancel, &in.InHeader, in.Fh)
}

// Flush is close(2), after which another machine must see what was written, and an error must have been told.
func (fs *fileSystem) Flush(cancel <-chan struct{}, in *fuse.FlushIn) fuse.Status {
	return fs.commit(cancel, &in.InHeader, in.Fh)
}

func (fs *fileSystem) Release(_ <-chan struct{}, in *fuse.ReleaseIn) {
	fs.mu.Lock()
	f := fs.files[in.Fh]
	delete(fs.files, in.Fh)
	fs.mu.Unlock()
	fs.closed(f.node)
}

// --- folders --------------------------------------------------------------------------------------------------------

func (fs *fileSystem) OpenDir(cancel <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	out.Fh = fs.opened(fs.node(in.NodeId), fs.caller(cancel, &in.InHeader).Cred)
	return fuse.OK
}

func (fs *fileSystem) ReleaseDir(in *fuse.ReleaseIn) { fs.Release(nil, in) }

// FsyncDir has nothing to do: the server commits changes of folders before it answers.
func (fs *fileSystem) FsyncDir(<-chan struct{}, *fuse.FsyncIn) fuse.Status { return fuse.OK }

func (fs *fileSystem) ReadDir(cancel <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	return fs.list(cancel, in, func(_ nfs4.Entry, as fuse.DirEntry) bool { return out.AddDirEntry(as) })
}

func (fs *fileSystem) ReadDirPlus(cancel <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	return fs.list(cancel, in, func(entry nfs4.Entry, as fuse.DirEntry) bool {
		told := out.AddDirLookupEntry(as)
		if told != nil && entry.Handle != "" {
			fs.found(entry.Handle, entry.Attr, told)
		}
		return told != nil
	})
}

// list tells entries from the wanted one on, until the kernel's buffer is full. The folder is read as a whole when its listing begins.
func (fs *fileSystem) list(cancel <-chan struct{}, in *fuse.ReadIn, tell func(nfs4.Entry, fuse.DirEntry) bool) fuse.Status {
	f := fs.file(in.Fh)
	f.mu.Lock()
	defer f.mu.Unlock()
	if in.Offset == 0 || !f.listed {
		entries, err := fs.client.ReadDir(fs.as(cancel, &in.InHeader, f.cred), f.node.handle)
		if err != nil {
			return fuse.ToStatus(err)
		}
		folder := nfs4.Attr{Mode: syscall.S_IFDIR}
		f.entries = append([]nfs4.Entry{{Name: ".", Attr: folder}, {Name: "..", Attr: folder}}, entries...)
		f.listed = true
	}
	for i := int(in.Offset); i < len(f.entries); i++ {
		entry := f.entries[i]
		if !tell(entry, fuse.DirEntry{Name: entry.Name, Ino: entry.Attr.FileID, Mode: entry.Attr.Mode, Off: uint64(i + 1)}) {
			break
		}
	}
	return fuse.OK
}
