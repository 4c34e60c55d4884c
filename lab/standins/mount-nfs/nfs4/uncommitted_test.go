// Copyright: (c) 2026, kubehub contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package nfs4

import (
	"bytes"
	"strings"
	"syscall"
	"testing"
)

// memory is a server's file: what was written, what of it is on the disk, and how often it started.
type memory struct {
	cache, disk []byte
	starts      byte
	atATime     int
	commits     int
	refuse      error
	writers     []uint32
}

func (m *memory) WriteAt(caller Caller, _ Handle, p []byte, offset uint64) (int, Verifier, error) {
	if m.refuse != nil {
		return 0, Verifier{}, m.refuse
	}
	p = p[:min(len(p), m.atATime)]
	end := int(offset) + len(p)
	m.cache = append(m.cache, make([]byte, max(0, end-len(m.cache)))...)
	copy(m.cache[offset:], p)
	m.writers = append(m.writers, caller.UID)
	return len(p), Verifier{m.starts}, nil
}

func (m *memory) Commit(Caller, Handle) (Verifier, error) {
	if m.refuse != nil {
		return Verifier{}, m.refuse
	}
	m.commits++
	m.disk = bytes.Clone(m.cache)
	return Verifier{m.starts}, nil
}

// crash is a restart of the server's machine: what was not committed is lost.
func (m *memory) crash() {
	m.cache = bytes.Clone(m.disk)
	m.starts++
}

func write(t *testing.T, u *Uncommitted, to *memory, caller Caller, text string, offset uint64) {
	t.Helper()
	if n, err := u.WriteAt(to, caller, "file", []byte(text), offset); err != nil || n != len(text) {
		t.Fatalf("wrote %d of %d bytes, %v", n, len(text), err)
	}
}

func TestWhatACrashTookIsWrittenAgain(t *testing.T) {
	m, u := &memory{atATime: 4}, &Uncommitted{}
	write(t, u, m, Caller{}, "on the disk", 0)
	if err := u.Commit(m, Caller{}, "file"); err != nil {
		t.Fatal(err)
	}
	write(t, u, m, Caller{Cred: Cred{UID: 1}}, "ON", 0)
	write(t, u, m, Caller{Cred: Cred{UID: 2}}, "in", 0)
	write(t, u, m, Caller{Cred: Cred{UID: 3}}, " and more", 11)
	m.crash()
	m.writers = nil
	if err := u.Commit(m, Caller{}, "file"); err != nil {
		t.Fatal(err)
	}
	if want := "in the disk and more"; string(m.disk) != want {
		t.Errorf("%q is on the disk, wanted %q", m.disk, want)
	}
	if want := []uint32{1, 2, 3, 3, 3}; string(toBytes(m.writers)) != string(toBytes(want)) {
		t.Errorf("written again by %v, wanted each piece by who wrote it, in order: %v", m.writers, want)
	}
	commits := m.commits
	if err := u.Commit(m, Caller{}, "file"); err != nil || m.commits != commits {
		t.Errorf("there was nothing left to commit, but it was: %v", err)
	}
}

func toBytes(numbers []uint32) []byte { return new(encoder).uint32(numbers...).b }

func TestACrashBetweenTwoCommits(t *testing.T) {
	m, u := &memory{atATime: 100}, &Uncommitted{}
	write(t, u, m, Caller{}, "first", 0)
	m.crash()
	write(t, u, m, Caller{}, "second", 5)
	if err := u.Commit(m, Caller{}, "file"); err != nil {
		t.Fatal(err)
	}
	if want := "firstsecond"; string(m.disk) != want {
		t.Errorf("%q is on the disk, wanted %q", m.disk, want)
	}
}

func TestMuchIsCommittedWithoutBeingAsked(t *testing.T) {
	m, u := &memory{atATime: mostUncommitted}, &Uncommitted{}
	write(t, u, m, Caller{}, strings.Repeat("x", mostUncommitted-1), 0)
	if m.commits != 0 {
		t.Error("committed too early")
	}
	write(t, u, m, Caller{}, "x", mostUncommitted-1)
	if m.commits != 1 || u.size != 0 || len(m.disk) != mostUncommitted {
		t.Errorf("%d commits, %d bytes kept, wanted one and none", m.commits, u.size)
	}
}

func TestAnErrorIsToldOnce(t *testing.T) {
	m, u := &memory{atATime: 100}, &Uncommitted{}
	write(t, u, m, Caller{}, "data", 0)
	m.refuse = syscall.EDQUOT
	if err := u.Commit(m, Caller{}, "file"); err != syscall.EDQUOT {
		t.Errorf("%v, wanted EDQUOT", err)
	}
	if err := u.Commit(m, Caller{}, "file"); err != nil {
		t.Errorf("%v was told a second time", err)
	}
}

func TestACallerThatDiedTakesNothingAway(t *testing.T) {
	m, u := &memory{atATime: 100}, &Uncommitted{}
	write(t, u, m, Caller{}, "data", 0)
	m.refuse = syscall.EINTR
	if err := u.Commit(m, Caller{}, "file"); err != syscall.EINTR {
		t.Errorf("%v, wanted EINTR", err)
	}
	m.refuse = nil
	m.crash()
	if err := u.Commit(m, Caller{}, "file"); err != nil || string(m.disk) != "data" {
		t.Errorf("%q is on the disk, %v, wanted data", m.disk, err)
	}
}

func TestAWriteThatIsRefusedSaysHowFarItCame(t *testing.T) {
	u := &Uncommitted{}
	if n, err := u.WriteAt(&memory{atATime: 1, refuse: syscall.ENOSPC}, Caller{}, "file", []byte("data"), 0); n != 0 || err != syscall.ENOSPC {
		t.Errorf("%d, %v, wanted 0 and ENOSPC", n, err)
	}
}
