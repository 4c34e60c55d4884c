// Copyright: (c) 2026, kubehub contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package nfs4

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"syscall"
	"testing"
	"time"
)

// removed is what REMOVE says behind PUTFH.
var removed = new(encoder).uint32(opPutFH, 0, opRemove, 0).fixed(make([]byte, 20)).b

func well(results []byte) func(int, []byte) answer {
	return func(int, []byte) answer { return answer{results: results} }
}

// first reacts to the first request in one way and does all others.
func first(how answer) func(int, []byte) answer {
	return func(number int, _ []byte) answer {
		if number == 1 {
			return how
		}
		return answer{results: removed}
	}
}

func TestWhatWasDoneIsNotDoneAgain(t *testing.T) {
	for name, how := range map[string]answer{
		"cut":    {results: removed, cut: true},
		"silent": {results: removed, silent: true},
	} {
		t.Run(name, func(t *testing.T) {
			s, client := start(t, first(how))
			if err := client.Remove(Caller{}, "folder", "name"); err != nil {
				t.Fatal(err)
			}
			if done, sessions := s.count(); done != 1 || sessions != 1 {
				t.Errorf("done %d times in %d sessions, wanted once in one", done, sessions)
			}
		})
	}
}

func TestWhatWasNotDoneIsAskedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		how      answer
		sessions int
	}{
		"busy":              {answer{sequenced: statusDelay}, 1},
		"session gone":      {answer{sequenced: 10052}, 2},
		"operation delayed": {answer{status: statusDelay}, 1},
		"grace":             {answer{status: statusGrace}, 1},
		"reply not kept":    {answer{status: statusRetryUncached}, 1},
		"client forgotten":  {answer{status: statusStaleClient}, 2},
		"lease expired":     {answer{status: statusExpired}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s, client := start(t, first(c.how))
			if err := client.Remove(Caller{}, "folder", "name"); err != nil {
				t.Fatal(err)
			}
			if done, sessions := s.count(); done != 2 || sessions != c.sessions {
				t.Errorf("asked %d times in %d sessions, wanted twice in %d", done, sessions, c.sessions)
			}
		})
	}
}

func TestManyRequestsShareTheSlots(t *testing.T) {
	s, client := start(t, func(number int, _ []byte) answer { return answer{results: removed, cut: number%7 == 0} })
	failures := make(chan error, 50)
	for range cap(failures) {
		go func() { failures <- client.Remove(Caller{}, "folder", "name") }()
	}
	for range cap(failures) {
		if err := <-failures; err != nil {
			t.Error(err)
		}
	}
	if done, sessions := s.count(); done != cap(failures) || sessions != 1 {
		t.Errorf("done %d times in %d sessions, wanted %d in one", done, sessions, cap(failures))
	}
}

func TestRefusalsAreErrnos(t *testing.T) {
	for status, want := range map[uint32]syscall.Errno{
		1: syscall.EPERM, 2: syscall.ENOENT, 13: syscall.EACCES, 17: syscall.EEXIST, 28: syscall.ENOSPC, 30: syscall.EROFS,
		63: syscall.ENAMETOOLONG, 66: syscall.ENOTEMPTY, 69: syscall.EDQUOT, 70: syscall.ESTALE, 10001: syscall.ESTALE, 10067: syscall.EIO,
	} {
		_, client := start(t, func(int, []byte) answer { return answer{status: status} })
		if err := client.Remove(Caller{}, "folder", "name"); err != want {
			t.Errorf("status %d is %v, wanted %v", status, err, want)
		}
	}
}

func TestACallerThatDiesIsLetGo(t *testing.T) {
	s, client := start(t, well(removed))
	s.listener.Close()
	client.conn.close()
	interrupted := make(chan struct{})
	close(interrupted)
	dying := false
	caller := Caller{Interrupt: interrupted, Dying: func() bool { defer func() { dying = true }(); return dying }}
	if err := client.Remove(caller, "folder", "name"); err != syscall.EINTR {
		t.Errorf("%v, wanted EINTR, and not before the caller died", err)
	}
	if !dying {
		t.Error("the caller was let go because of a signal that does not end it")
	}
}

func TestCloseTellsTheServer(t *testing.T) {
	s, client := start(t, well(nil))
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if want := []string{"session", "client"}; !slices.Equal(s.gone, want) {
		t.Errorf("gone are %v, wanted %v", s.gone, want)
	}
}

func TestRenewAsksOnlyAfterSilence(t *testing.T) {
	s, client := start(t, well(nil))
	client.used.Store(time.Now().UnixNano())
	for _, after := range []time.Duration{time.Hour, 0} {
		if err := client.Renew(after); err != nil {
			t.Fatal(err)
		}
	}
	if done, _ := s.count(); done != 1 {
		t.Errorf("asked %d times, wanted once", done)
	}
}

func TestNobodyListens(t *testing.T) {
	if _, err := Dial("127.0.0.1:1", t.Name(), false); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v, wanted a refused connection", err)
	}
}

// file are the attributes of a file as ofFile asks for them, and as they must be read.
func file() ([]byte, Attr) {
	when := time.Unix(1_700_000_000, 5)
	a := Attr{
		Mode: syscall.S_IFREG | 0640, Nlink: 2, UID: 1000, GID: nobodyGroup, Major: 1, Minor: 3, FileID: 42, Change: 9, Size: 11, Used: 4096,
		Accessed: when, Changed: when, Wrote: when,
	}
	v := new(encoder).uint32(1).uint64(9).uint64(11).uint64(42).uint32(0640, 2).text("1000").text("staff@example").uint32(1, 3).uint64(4096)
	for range 3 {
		v.uint64(1_700_000_000).uint32(5)
	}
	return new(encoder).uint32(2, ofFile[0], ofFile[1]).opaque(v.b).b, a
}

const nobodyGroup = 65534

func TestAttributes(t *testing.T) {
	attributes, want := file()
	_, client := start(t, well(new(encoder).uint32(opPutFH, 0, opGetattr, 0).fixed(attributes).b))
	got, err := client.GetAttr(Caller{}, "handle")
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v, wanted %+v", got, err, want)
	}
}

func TestFolders(t *testing.T) {
	attributes, _ := file()
	replies := [][]byte{
		new(encoder).uint32(opPutFH, 0, opReaddir, 0).uint64(1).
			uint32(1).uint64(10).text("a").fixed(attributes).
			uint32(1).uint64(11).text("long name").fixed(attributes).uint32(0, 0).b,
		new(encoder).uint32(opPutFH, 0, opReaddir, 0).uint64(1).uint32(1).uint64(12).text("z").fixed(attributes).uint32(0, 1).b,
	}
	_, client := start(t, func(number int, operations []byte) answer {
		if next := new(encoder).uint64(uint64([]int{0, 11}[number-1])).b; !bytes.Contains(operations, next) {
			t.Errorf("request %d does not go on behind the last entry", number)
		}
		return answer{results: replies[number-1]}
	})
	entries, err := client.ReadDir(Caller{}, "folder")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name)
	}
	if want := []string{"a", "long name", "z"}; !slices.Equal(names, want) {
		t.Errorf("%q, wanted %q", names, want)
	}
}

func TestAFolderWithoutAnEndIsRefused(t *testing.T) {
	_, client := start(t, well(new(encoder).uint32(opPutFH, 0, opReaddir, 0).uint64(1).uint32(0, 0).b))
	if _, err := client.ReadDir(Caller{}, "folder"); err != syscall.EIO {
		t.Errorf("%v, wanted EIO", err)
	}
}

// every is each kind of request, with the shortest reply that is right.
func every() map[string]struct {
	reply []byte
	ask   func(*Client) error
} {
	attributes, _ := file()
	entry := new(encoder).uint32(opGetFH, 0).opaque([]byte("handle")).uint32(opGetattr, 0).fixed(attributes).b
	changed := make([]byte, 20)
	none := new(encoder).uint32(0).b
	size := uint64(1)
	type row = struct {
		reply []byte
		ask   func(*Client) error
	}
	return map[string]row{
		"lookup": {new(encoder).uint32(opPutFH, 0, opLookup, 0).fixed(entry).b, func(c *Client) error {
			_, _, err := c.Lookup(Caller{}, "folder", "name")
			return err
		}},
		"mount": {new(encoder).uint32(opPutRootFH, 0, opLookup, 0).fixed(entry).b, func(c *Client) error {
			_, _, err := c.Mount(Caller{}, []string{"srv"})
			return err
		}},
		"access": {new(encoder).uint32(opPutFH, 0, opAccess, 0, 1, 1, opGetattr, 0).fixed(attributes).b, func(c *Client) error {
			_, _, err := c.Access(Caller{}, "file", Read)
			return err
		}},
		"setattr": {new(encoder).uint32(opPutFH, 0, opSetattr, 0).fixed(none).uint32(opGetattr, 0).fixed(attributes).b, func(c *Client) error {
			_, err := c.SetAttr(Caller{}, "file", Changes{Size: &size, Modified: Time{Now: true}})
			return err
		}},
		"mkdir": {new(encoder).uint32(opPutFH, 0, opCreate, 0).fixed(changed).fixed(none).fixed(entry).b, func(c *Client) error {
			_, _, err := c.Mkdir(Caller{}, "folder", "name", 0700)
			return err
		}},
		"create": {
			new(encoder).uint32(opPutFH, 0, opOpen, 0).fixed(make([]byte, 16)).fixed(changed).uint32(0).fixed(none).uint32(3, 1, 0).fixed(entry).b,
			func(c *Client) error {
				_, _, err := c.CreateFile(Caller{}, "folder", "name", 0600, true)
				return err
			},
		},
		"read": {new(encoder).uint32(opPutFH, 0, opRead, 0, 1).text("data").b, func(c *Client) error {
			_, _, err := c.ReadAt(Caller{}, "file", make([]byte, 10), 0)
			return err
		}},
		"write": {new(encoder).uint32(opPutFH, 0, opWrite, 0, 4, 0).uint64(1).b, func(c *Client) error {
			_, _, err := c.WriteAt(Caller{}, "file", []byte("data"), 0)
			return err
		}},
		"commit": {new(encoder).uint32(opPutFH, 0, opCommit, 0).uint64(1).b, func(c *Client) error {
			_, err := c.Commit(Caller{}, "file")
			return err
		}},
		"readdir": {new(encoder).uint32(opPutFH, 0, opReaddir, 0).uint64(1).uint32(1).uint64(3).text("a").fixed(attributes).uint32(0, 1).b, func(c *Client) error {
			_, err := c.ReadDir(Caller{}, "folder")
			return err
		}},
		"readlink": {new(encoder).uint32(opPutFH, 0, opReadlink, 0).text("target").b, func(c *Client) error {
			_, err := c.Readlink(Caller{}, "link")
			return err
		}},
		"link": {
			new(encoder).uint32(opPutFH, 0, opSaveFH, 0, opPutFH, 0, opLink, 0).fixed(changed).uint32(opRestoreFH, 0).fixed(entry).b,
			func(c *Client) error {
				_, _, err := c.Link(Caller{}, "file", "folder", "name")
				return err
			},
		},
		"statfs": {
			new(encoder).uint32(opPutFH, 0, opGetattr, 0, 2, ofSystem[0], ofSystem[1], 48).fixed(make([]byte, 48)).b,
			func(c *Client) error {
				_, err := c.StatFS(Caller{}, "file")
				return err
			},
		},
	}
}

func TestRepliesThatEndEarlyAreErrorsAndNothingWorse(t *testing.T) {
	for name, one := range every() {
		t.Run(name, func(t *testing.T) {
			length := len(one.reply)
			_, client := start(t, func(int, []byte) answer { return answer{results: one.reply[:length]} })
			if err := one.ask(client); err != nil {
				t.Fatalf("the whole reply is an error: %v", err)
			}
			for length = 0; length < len(one.reply); length += 4 {
				if err := one.ask(client); err != syscall.EIO {
					t.Fatalf("%d of %d bytes are %v, wanted EIO", length, len(one.reply), err)
				}
			}
		})
	}
}

func TestRepliesOfNoSenseAreErrorsAndNothingWorse(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	for name, one := range every() {
		t.Run(name, func(t *testing.T) {
			_, client := start(t, func(int, []byte) answer {
				reply := slices.Clone(one.reply)
				for range 4 {
					reply[chance.IntN(len(reply))] = byte(chance.Uint32())
				}
				return answer{results: reply}
			})
			for range 300 {
				var number syscall.Errno
				if err := one.ask(client); err != nil && !errors.As(err, &number) {
					t.Fatalf("%v is no errno", err)
				}
			}
		})
	}
}
