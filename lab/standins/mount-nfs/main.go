// Copyright: (c) 2026, kubehub contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// mount.nfs and mount.nfs4 for the lab's machines where the host's kernel has no NFS client. mount(8) calls it as it calls that of nfs-utils
// (mount.nfs(8)): SERVER:/PATH FOLDER [-o OPTIONS]. It returns when the file system is mounted; a process of its own serves it by FUSE.
// Limits: locks reach no further than one mount; no extended attributes, no ACLs, no Kerberos; AUTH_SYS carries 16 groups.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"log/syslog"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"

	"kubehub/mount-nfs/nfs4"
	"kubehub/mount-nfs/system"
)

const (
	mountFailed = 32 // mount(8)
	servantMark = "MOUNT_NFS_SERVANT"
	toldOn      = 3 // the servant's file descriptor on which it says how mounting went
)

func main() {
	r, err := system.Parse(os.Args[1:])
	if err == nil {
		if os.Getenv(servantMark) == "" {
			err = startServant(r)
		} else {
			err = serve(r)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mount.nfs:", err)
		os.Exit(mountFailed)
	}
}

// startServant starts this program anew, away from its caller, and waits for its word.
func startServant(r system.Request) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	argv := append([]string{self}, os.Args[1:]...)
	// kubelet mounts NFS in its own control group, and its restart would end the servant. mount(8) gives its helpers no PATH.
	if _, err := os.Stat("/run/systemd/system"); err == nil {
		argv = append([]string{"/usr/bin/systemd-run", "--scope", "--quiet", "--collect", "--description=NFS at " + r.Target}, argv...)
	}
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	servant := exec.Command(argv[0], argv[1:]...)
	servant.Env = append(os.Environ(), servantMark+"=1")
	servant.Stderr = os.Stderr
	servant.ExtraFiles = []*os.File{write}
	servant.Dir = "/"
	servant.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := servant.Start(); err != nil {
		return err
	}
	write.Close()
	word, err := bufio.NewReader(read).ReadString('\n')
	if word = strings.TrimSpace(word); word == "mounted" {
		return nil
	}
	if word == "" {
		return fmt.Errorf("%s: the process that was to serve it ended: %w", r.Source, err)
	}
	return errors.New(word)
}

// serve mounts, says so, and serves until it is unmounted.
func serve(r system.Request) error {
	say := os.NewFile(toldOn, "caller")
	tell := func(word string) {
		fmt.Fprintln(say, word)
		say.Close()
	}
	if to, err := syslog.New(syslog.LOG_DAEMON, "mount.nfs"); err == nil {
		log.SetOutput(to)
	} else {
		log.SetOutput(io.Discard)
	}
	client, server, err := mount(r)
	if err != nil {
		// the caller says it; here it would be said twice
		tell(fmt.Sprintf("%s: %v", r.Source, err))
		os.Exit(mountFailed)
	}
	tell("mounted")
	leaveTerminal()
	go keep(client)
	server.Wait()
	if err := client.Close(); err != nil {
		log.Printf("%s: the server was not told of the unmount: %v", r.Source, err)
	}
	return nil
}

func mount(r system.Request) (*nfs4.Client, *fuse.Server, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, nil, err
	}
	owner := fmt.Sprintf("mount-nfs %s %d %d", host, os.Getpid(), time.Now().UnixNano())
	client, err := nfs4.Dial(net.JoinHostPort(r.Server, r.Options.Port), owner, r.Options.Reserved)
	if err != nil {
		return nil, nil, err
	}
	root, _, err := client.Mount(nfs4.Caller{Cred: nfs4.Cred{UID: nobody, GID: nobody}}, r.Names)
	if err != nil {
		return nil, nil, errors.Join(err, client.Close())
	}
	settings := &fuse.MountOptions{
		AllowOther: true, FsName: r.Source, Name: "nfs", DirectMountStrict: true, DirectMountFlags: syscall.MS_NOSUID | syscall.MS_NODEV,
		MaxWrite: 1 << 20, MaxBackground: 64, DisableXAttrs: true, DisableSplice: true,
		// the kernel checks modes before it asks; the server checks them again
		Options: []string{"default_permissions"},
	}
	if r.Options.ReadOnly {
		settings.DirectMountFlags |= syscall.MS_RDONLY
	}
	server, err := fuse.NewServer(newFileSystem(client, root), r.Target, settings)
	if err != nil {
		return nil, nil, errors.Join(err, client.Close())
	}
	go server.Serve()
	return client, server, server.WaitMount()
}

// leaveTerminal lets go of what the caller gave, or it would wait for the end of its output.
func leaveTerminal() {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return
	}
	for stream := range 3 {
		if err := syscall.Dup3(int(null.Fd()), stream, 0); err != nil {
			log.Printf("stream %d stays open: %v", stream, err)
		}
	}
	null.Close()
}

// keep renews the session in time for the shortest lease that a server may have here (10 s).
func keep(client *nfs4.Client) {
	for range time.Tick(3 * time.Second) {
		if err := client.Renew(3 * time.Second); err != nil {
			log.Printf("the session was not renewed: %v", err)
		}
	}
}
