// Copyright: (c) 2026, kubehub contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package nfs4 is a client of NFSv4.1 (RFC 8881) that keeps nothing open at the server: reads and writes use the anonymous stateid,
// so there is nothing to reclaim after the server's restart. It repeats what was not answered, for ever, as a hard mount does: the session's
// slots let the server tell a repetition from a new request. No locks, no delegations, no Kerberos.
package nfs4

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	mostSlots   = 32
	wantedIO    = 1 << 20
	overhead    = 8192 // for all but the data in a READ or a WRITE
	sessionKept = 8192 // of a reply that the server keeps
)

// Caller is who asks. A request of one that is interrupted goes on, unless it is Dying; without Interrupt it always goes on.
type Caller struct {
	Cred
	Interrupt <-chan struct{}
	Dying     func() bool
}

// pause waits and says whether the caller need not be answered any more.
func (c Caller) pause(wait time.Duration) bool {
	select {
	case <-time.After(wait):
		return false
	case <-c.Interrupt:
		time.Sleep(wait)
		return c.Dying != nil && c.Dying()
	}
}

// Client is one client of one server, with a connection and a session that are made anew whenever they are lost.
type Client struct {
	address  string
	owner    string
	verifier [8]byte
	reserved bool
	silence  time.Duration
	xid      atomic.Uint32
	used     atomic.Int64 // when a request was made last, in nanoseconds

	mu      sync.Mutex // held while connecting
	conn    *conn
	session *session
}

type session struct {
	id       []byte
	clientID []byte
	slots    chan *slot
	maxIO    int
}

type slot struct{ id, sequence uint32 }

// Dial connects to host:port. The owner must be unique among all mounts of all machines; reserved takes a port below 1024.
func Dial(address, owner string, reserved bool) (*Client, error) {
	c := &Client{address: address, owner: owner, reserved: reserved, silence: time.Minute}
	if _, err := rand.Read(c.verifier[:]); err != nil {
		return nil, err
	}
	if _, _, err := c.connected(); err != nil {
		return nil, err
	}
	return c, nil
}

// MaxIO is how many bytes one Read or Write moves at most.
func (c *Client) MaxIO() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session == nil {
		return 1 << 16
	}
	return c.session.maxIO
}

// connected returns a connection and a session, after one attempt to make what is missing.
func (c *Client) connected() (*conn, *session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn == nil || !c.conn.alive() {
		made, err := connect(c.address, c.reserved, c.silence)
		if err != nil {
			return nil, nil, err
		}
		c.conn = made
	}
	if c.session == nil {
		made, err := c.newSession(c.conn)
		if err != nil {
			return nil, nil, err
		}
		c.session = made
	}
	return c.conn, c.session, nil
}

func (c *Client) drop(lost *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session == lost {
		c.session = nil
	}
}

// plain runs operations outside of a session.
func (c *Client) plain(on *conn, ops uint32, body []byte) (*decoder, error) {
	e := &encoder{}
	reply, err := on.call(c.xid.Add(1), Cred{}, e.uint32(0, 1, ops).fixed(body).b)
	if err != nil {
		return nil, err
	}
	d, status, err := opened(reply)
	if err == nil && status != 0 {
		err = fmt.Errorf("NFS status %d", status)
	}
	return d, err
}

func (c *Client) newSession(on *conn) (*session, error) {
	e := &encoder{}
	e.uint32(opExchangeID).fixed(c.verifier[:]).text(c.owner).uint32(useNonPNFS, 0, 0)
	d, err := c.plain(on, 1, e.b)
	if err != nil {
		return nil, fmt.Errorf("EXCHANGE_ID: %w", err)
	}
	d.result()
	made := &session{clientID: d.fixed(8)}
	sequence := d.uint32()

	e = &encoder{}
	e.uint32(opCreateSession).fixed(made.clientID).uint32(sequence, 0)
	for range 2 { // fore and back channel: padding, sizes of request, reply and kept reply, operations, requests, RDMA
		e.uint32(0, wantedIO+overhead, wantedIO+overhead, sessionKept, 16, mostSlots, 0)
	}
	e.uint32(program|1<<30, 1, 0) // a callback program that is never called, with no security
	if d.err == nil {
		d, err = c.plain(on, 1, e.b)
	}
	if err = errors.Join(err, d.err); err != nil {
		return nil, fmt.Errorf("CREATE_SESSION: %w", err)
	}
	d.result()
	made.id = d.fixed(16)
	d.fixed(12) // sequence, flags, padding
	request, reply := d.uint32(), d.uint32()
	d.fixed(8)
	slots := min(d.uint32(), mostSlots)
	if d.err != nil || slots == 0 || min(request, reply) < 2*overhead {
		return nil, fmt.Errorf("CREATE_SESSION: %d slots with requests of %d and replies of %d bytes are of no use", slots, request, reply)
	}
	made.maxIO = int(min(request, reply, wantedIO+overhead)-overhead) &^ 4095
	made.slots = make(chan *slot, slots)
	for id := range slots {
		made.slots <- &slot{id: id}
	}

	first := <-made.slots
	first.sequence++
	e = &encoder{}
	e.sequence(made, first, false).uint32(opReclaimComplete, 0)
	if _, err := c.plain(on, 2, e.b); err != nil {
		return nil, fmt.Errorf("RECLAIM_COMPLETE: %w", err)
	}
	made.slots <- first
	log.Printf("session with %s: %d slots, %d bytes at a time", c.address, slots, made.maxIO)
	return made, nil
}

func (e *encoder) sequence(s *session, on *slot, keep bool) *encoder {
	kept := uint32(0)
	if keep {
		kept = 1
	}
	return e.uint32(opSequence).fixed(s.id).uint32(on.sequence, on.id, uint32(cap(s.slots)-1), kept)
}

// request is a COMPOUND behind SEQUENCE. The server must keep the reply to one that would do harm when it is done twice.
type request struct {
	encoder
	ops  uint32
	keep bool
}

// do runs a request and reads its results. It repeats while the server is away, starting, busy or in its grace period, and returns a
// syscall.Errno: the server's refusal, EINTR for a caller that dies, EIO for a reply that makes no sense.
func (c *Client) do(caller Caller, r *request, read func(*decoder)) error {
	c.used.Store(time.Now().UnixNano())
	var mine *slot
	var of *session
	release := func() {
		if mine != nil {
			of.slots <- mine
			mine = nil
		}
	}
	defer release()
	for away := 100 * time.Millisecond; ; {
		on, s, err := c.connected()
		if err != nil {
			if caller.pause(away) {
				return syscall.EINTR
			}
			away = min(2*away, 2*time.Second)
			continue
		}
		if mine == nil || of != s {
			release()
			mine, of = <-s.slots, s
			mine.sequence++
		}
		e := &encoder{b: make([]byte, 0, len(r.b)+64)}
		e.uint32(0, 1, r.ops+1).sequence(s, mine, r.keep).fixed(r.b)
		reply, err := on.call(c.xid.Add(1), caller.Cred, e.b)
		if err != nil {
			// same slot, same number: if the server did it, it answers from what it kept
			if caller.pause(50 * time.Millisecond) {
				return syscall.EINTR
			}
			continue
		}
		d, status, err := opened(reply)
		if err != nil {
			return errno(err)
		}
		of4 := d.uint32()
		sequenced := d.uint32()
		if d.err != nil || of4 != opSequence {
			return syscall.EIO
		}
		switch {
		case sequenced == statusDelay:
			if caller.pause(100 * time.Millisecond) {
				return syscall.EINTR
			}
			continue
		case sequenced != 0:
			log.Printf("SEQUENCE says %d: a new session is made", sequenced)
			c.drop(s)
			if caller.pause(50 * time.Millisecond) {
				return syscall.EINTR
			}
			continue
		}
		d.fixed(36) // the rest of SEQUENCE
		switch status {
		case 0:
			if read != nil {
				read(d)
			}
			return errno(d.err)
		case statusRetryUncached:
			// said of what comes after SEQUENCE: done once, not kept, harmless to do again
			release()
		case statusDelay, statusGrace:
			release()
			if caller.pause(200 * time.Millisecond) {
				return syscall.EINTR
			}
		case statusStaleClient, statusExpired:
			c.drop(s)
		default:
			return refusal(status)
		}
	}
}

// Renew keeps the session when nothing else was asked for a while.
func (c *Client) Renew(after time.Duration) error {
	if time.Since(time.Unix(0, c.used.Load())) < after {
		return nil
	}
	return c.do(Caller{}, &request{}, nil)
}

// Close tells the server that this client is gone, so that it does not wait for it after its next start.
func (c *Client) Close() error {
	on, s, err := c.connected()
	if err != nil {
		return err
	}
	defer on.close()
	_, err = c.plain(on, 1, new(encoder).uint32(opDestroySession).fixed(s.id).b)
	if err != nil {
		return fmt.Errorf("DESTROY_SESSION: %w", err)
	}
	if _, err = c.plain(on, 1, new(encoder).uint32(opDestroyClientID).fixed(s.clientID).b); err != nil {
		return fmt.Errorf("DESTROY_CLIENTID: %w", err)
	}
	return nil
}

// errno makes a syscall.Errno of what went wrong with a reply, nil of nil.
func errno(err error) error {
	var number syscall.Errno
	switch {
	case err == nil:
		return nil
	case errors.As(err, &number):
		return number
	}
	return syscall.EIO
}
