// Copyright: (c) 2026, kubehub contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package nfs4

import (
	"bytes"
	"errors"
	"sync"
	"syscall"
)

// mostUncommitted is how many bytes of a file are kept before they are committed without being asked.
const mostUncommitted = 16 << 20

// disk is what Uncommitted needs of a Client.
type disk interface {
	WriteAt(caller Caller, file Handle, p []byte, offset uint64) (int, Verifier, error)
	Commit(caller Caller, file Handle) (Verifier, error)
}

// Uncommitted keeps what was written to one file until it is on the server's disk. A server that started anew, which its verifier tells, may have
// lost it; then it is written again.
type Uncommitted struct {
	writes sync.RWMutex // shared by writes; a commit has it alone
	mu     sync.Mutex
	pieces []piece
	size   int
}

type piece struct {
	cred     Cred
	offset   uint64
	data     []byte
	verifier Verifier
}

// WriteAt writes all of p.
func (u *Uncommitted) WriteAt(to disk, caller Caller, file Handle, p []byte, offset uint64) (done int, err error) {
	u.writes.RLock()
	for done < len(p) && err == nil {
		var n int
		var v Verifier
		if n, v, err = to.WriteAt(caller, file, p[done:], offset+uint64(done)); err == nil {
			u.keep(piece{caller.Cred, offset + uint64(done), bytes.Clone(p[done : done+n]), v})
			done += n
		}
	}
	u.mu.Lock()
	full := u.size >= mostUncommitted
	u.mu.Unlock()
	u.writes.RUnlock()
	if err == nil && full {
		err = u.Commit(to, caller, file)
	}
	return done, err
}

func (u *Uncommitted) keep(p piece) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.pieces = append(u.pieces, p)
	u.size += len(p.data)
}

// Commit returns when all that was written before is on the server's disk. After an error but EINTR nothing is kept: it is told once.
func (u *Uncommitted) Commit(to disk, caller Caller, file Handle) error {
	u.writes.Lock()
	defer u.writes.Unlock()
	for len(u.pieces) > 0 {
		v, err := to.Commit(caller, file)
		if err != nil {
			return u.failed(err)
		}
		before := u.pieces
		u.pieces, u.size = nil, 0
		for i, p := range before {
			if p.verifier == v {
				continue
			}
			again := caller
			again.Cred = p.cred
			for len(p.data) > 0 {
				n, v, err := to.WriteAt(again, file, p.data, p.offset)
				if err != nil {
					u.pieces = append(u.pieces, before[i:]...)
					return u.failed(err)
				}
				u.keep(piece{p.cred, p.offset, p.data[:n], v})
				p.data, p.offset = p.data[n:], p.offset+uint64(n)
			}
		}
	}
	return nil
}

func (u *Uncommitted) failed(err error) error {
	if !errors.Is(err, syscall.EINTR) {
		u.pieces, u.size = nil, 0
	}
	return err
}
