// Copyright: (c) 2026, kubehub contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package nfs4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	program, version, compound = 100003, 4, 1
	authSys                    = 1
	maxRecord                  = 8 << 20
	tcpUserTimeout             = 18 // linux/tcp.h
	firstReserved              = 665
	lastReserved               = 1023
)

// errLost is a connection that ended before the reply came. Whether the server did what was asked is not known.
var errLost = errors.New("nfs4: the connection was lost")

// Cred is for whom a request is made, as AUTH_SYS (RFC 5531, appendix A) tells it.
type Cred struct {
	UID, GID uint32
	Groups   []uint32 // 16 at most
}

func (c Cred) body() []byte {
	e := &encoder{}
	groups := c.Groups[:min(len(c.Groups), 16)]
	return e.uint32(0).text("mount-nfs").uint32(c.UID, c.GID, uint32(len(groups))).uint32(groups...).b
}

// conn is one TCP connection. Calls may be made side by side; each gets the reply with its number.
type conn struct {
	tcp     net.Conn
	silence time.Duration // a server that says nothing for so long is gone
	writing sync.Mutex

	mu      sync.Mutex
	waiting map[uint32]chan []byte
	dead    bool
}

// connect opens a connection, from a port below 1024 where reserved is set, as servers ask of a machine's root.
func connect(address string, reserved bool, silence time.Duration) (*conn, error) {
	dialer := net.Dialer{
		Timeout:   3 * time.Second,
		KeepAlive: 10 * time.Second,
		// what was sent and is not acknowledged for so long is lost, or a dead server would be noticed after many minutes
		Control: func(_, _ string, raw syscall.RawConn) error {
			var failed error
			err := raw.Control(func(fd uintptr) {
				failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, 15000)
			})
			return errors.Join(err, failed)
		},
	}
	tcp, err := dial(&dialer, address, reserved)
	if err != nil {
		return nil, err
	}
	c := &conn{tcp: tcp, silence: silence, waiting: map[uint32]chan []byte{}}
	go c.read()
	return c, nil
}

func dial(dialer *net.Dialer, address string, reserved bool) (net.Conn, error) {
	if !reserved {
		return dialer.Dial("tcp", address)
	}
	const ports = lastReserved - firstReserved + 1
	start := rand.IntN(ports)
	for i := range ports {
		dialer.LocalAddr = &net.TCPAddr{Port: firstReserved + (start+i)%ports}
		tcp, err := dialer.Dial("tcp", address)
		if !errors.Is(err, syscall.EADDRINUSE) && !errors.Is(err, syscall.EADDRNOTAVAIL) {
			return tcp, err
		}
	}
	return nil, fmt.Errorf("nfs4: no port from %d to %d is free", firstReserved, lastReserved)
}

func (c *conn) alive() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.dead
}

// close ends all calls that wait.
func (c *conn) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead {
		return
	}
	c.dead = true
	c.tcp.Close()
	for _, reply := range c.waiting {
		close(reply)
	}
	c.waiting = nil
}

// read hands each record (RFC 5531, section 11) to the call that waits for it.
func (c *conn) read() {
	defer c.close()
	for {
		record, err := readRecord(c.tcp)
		if err != nil || len(record) < 4 {
			return
		}
		xid := binary.BigEndian.Uint32(record)
		c.mu.Lock()
		reply := c.waiting[xid]
		delete(c.waiting, xid)
		c.mu.Unlock()
		if reply != nil {
			reply <- record[4:]
		}
	}
}

func readRecord(from io.Reader) ([]byte, error) {
	var header [4]byte
	var record []byte
	for {
		if _, err := io.ReadFull(from, header[:]); err != nil {
			return nil, err
		}
		mark := binary.BigEndian.Uint32(header[:])
		size := int(mark &^ (1 << 31))
		old := len(record)
		if old+size > maxRecord {
			return nil, fmt.Errorf("nfs4: a record of more than %d bytes", maxRecord)
		}
		record = append(record, make([]byte, size)...)
		if _, err := io.ReadFull(from, record[old:]); err != nil {
			return nil, err
		}
		if mark&(1<<31) != 0 {
			return record, nil
		}
	}
}

// call sends one COMPOUND and returns what the server says behind the reply's number.
func (c *conn) call(xid uint32, cred Cred, body []byte) ([]byte, error) {
	e := &encoder{b: make([]byte, 4, len(body)+256)}
	e.uint32(xid, 0, 2, program, version, compound, authSys).opaque(cred.body()).uint32(0, 0).fixed(body)
	binary.BigEndian.PutUint32(e.b, uint32(len(e.b)-4)|1<<31)
	reply := make(chan []byte, 1)
	c.mu.Lock()
	if c.dead {
		c.mu.Unlock()
		return nil, errLost
	}
	c.waiting[xid] = reply
	c.mu.Unlock()

	c.writing.Lock()
	_, err := c.tcp.Write(e.b)
	c.writing.Unlock()
	if err != nil {
		c.close()
	}
	silence := time.NewTimer(c.silence)
	defer silence.Stop()
	select {
	case record, ok := <-reply:
		if !ok {
			return nil, errLost
		}
		return record, nil
	case <-silence.C:
		c.close()
		return nil, fmt.Errorf("%w: %w", errLost, os.ErrDeadlineExceeded)
	}
}

// opened reads the head of an RPC reply and of the COMPOUND in it; what is left are the results of its operations.
func opened(reply []byte) (d *decoder, status uint32, err error) {
	d = &decoder{b: reply}
	kind, denied := d.uint32(), d.uint32()
	if d.err == nil && (kind != 1 || denied != 0) {
		return nil, 0, syscall.EACCES
	}
	d.uint32()
	d.opaque() // verifier
	if accepted := d.uint32(); d.err == nil && accepted != 0 {
		return nil, 0, syscall.EPROTO
	}
	status = d.uint32()
	d.opaque() // tag
	d.uint32() // number of results
	return d, status, d.err
}
