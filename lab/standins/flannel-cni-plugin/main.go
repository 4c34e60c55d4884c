// Copyright: (c) 2026, kubehub contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Stand-in for flannel's CNI plugin, which the Go module proxy does not serve. It does what
// https://www.flannel.dev/docs/cni.html says: reads the node's subnet that flanneld wrote, completes the network
// configuration for the plugin that does the work (bridge, with host-local addresses), and hands over to it.
// IPv4 only; the configuration of a container is kept until it is deleted, for flanneld may be gone by then.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	defaultSubnetFile = "/run/flannel/subnet.env"
	defaultDataDir    = "/var/lib/cni/flannel"
	codeIO            = 5
	codeConfig        = 7
)

// supported are the CNI versions whose calls are handed on as they are.
var supported = []string{"0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"}

type failure struct {
	CNIVersion string `json:"cniVersion"`
	Code       int    `json:"code"`
	Message    string `json:"msg"`
}

func (f failure) Error() string { return f.Message }

func fail(code int, format string, words ...any) error {
	return failure{"1.0.0", code, fmt.Sprintf("flannel: "+format, words...)}
}

type config struct {
	CNIVersion    string           `json:"cniVersion"`
	Name          string           `json:"name"`
	SubnetFile    string           `json:"subnetFile"`
	DataDir       string           `json:"dataDir"`
	Delegate      map[string]any   `json:"delegate"`
	RuntimeConfig map[string]any   `json:"runtimeConfig"`
	IPAM          map[string]any   `json:"ipam"`
	PrevResult    *json.RawMessage `json:"prevResult"`
}

type node struct {
	network, subnet netip.Prefix
	mtu             int
	masquerade      bool
}

// readNode parses the file that flanneld writes: FLANNEL_NETWORK, _SUBNET, _MTU and _IPMASQ.
func readNode(path string) (node, error) {
	var found node
	text, err := os.ReadFile(path)
	if err != nil {
		return found, fail(codeIO, "the node has no subnet yet: %v", err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		var err error
		switch name {
		case "FLANNEL_NETWORK":
			found.network, err = netip.ParsePrefix(strings.Split(value, ",")[0])
		case "FLANNEL_SUBNET":
			found.subnet, err = netip.ParsePrefix(value)
		case "FLANNEL_MTU":
			found.mtu, err = strconv.Atoi(value)
		case "FLANNEL_IPMASQ":
			found.masquerade, err = strconv.ParseBool(value)
		}
		if err != nil {
			return found, fail(codeIO, "%s: %s: %v", path, name, err)
		}
	}
	if !found.network.IsValid() || !found.subnet.IsValid() || found.mtu == 0 {
		return found, fail(codeIO, "%s: FLANNEL_NETWORK, FLANNEL_SUBNET and FLANNEL_MTU are wanted", path)
	}
	return found, nil
}

// delegated completes the delegate's configuration; what an admin gave in it stays.
func delegated(conf config, at node) (map[string]any, error) {
	result := conf.Delegate
	if result == nil {
		result = map[string]any{}
	}
	for _, name := range []string{"name", "ipam"} {
		if _, given := result[name]; given {
			return nil, fail(codeConfig, "'delegate' must not have %q", name)
		}
	}
	preset := func(name string, value any) {
		if _, given := result[name]; !given {
			result[name] = value
		}
	}
	result["name"] = conf.Name
	result["cniVersion"] = conf.CNIVersion
	preset("type", "bridge")
	// Where flanneld masquerades, the bridge must not.
	preset("ipMasq", !at.masquerade)
	preset("mtu", at.mtu)
	if result["type"] == "bridge" {
		preset("isGateway", true)
	}
	if conf.RuntimeConfig != nil {
		result["runtimeConfig"] = conf.RuntimeConfig
	}
	if conf.PrevResult != nil {
		result["prevResult"] = conf.PrevResult
	}
	ipam := conf.IPAM
	if ipam == nil {
		ipam = map[string]any{}
	}
	ipam["type"] = "host-local"
	ipam["ranges"] = [][]map[string]string{{{"subnet": at.subnet.Masked().String()}}}
	ipam["routes"] = []map[string]string{{"dst": at.network.String()}}
	result["ipam"] = ipam
	return result, nil
}

// call runs the delegate with this plugin's own environment and output; its errors are its own words.
func call(kind string, conf []byte) error {
	for _, folder := range filepath.SplitList(os.Getenv("CNI_PATH")) {
		path := filepath.Join(folder, kind)
		if _, err := os.Stat(path); err != nil {
			continue
		}
		child := exec.Command(path)
		child.Stdin, child.Stdout, child.Stderr = bytes.NewReader(conf), os.Stdout, os.Stderr
		err := child.Run()
		var status *exec.ExitError
		if errors.As(err, &status) {
			os.Exit(status.ExitCode())
		}
		return err
	}
	return fail(codeConfig, "no plugin %q in CNI_PATH=%s", kind, os.Getenv("CNI_PATH"))
}

func kept(conf config) (string, error) {
	id := os.Getenv("CNI_CONTAINERID")
	if id == "" || id != filepath.Base(id) {
		return "", fail(codeConfig, "CNI_CONTAINERID %q is no id", id)
	}
	return filepath.Join(conf.DataDir, id), nil
}

func add(conf config) error {
	at, err := readNode(conf.SubnetFile)
	if err != nil {
		return err
	}
	result, err := delegated(conf, at)
	if err != nil {
		return err
	}
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	path, err := kept(conf)
	if err != nil {
		return err
	}
	if os.Getenv("CNI_COMMAND") == "ADD" {
		if err := os.MkdirAll(conf.DataDir, 0o700); err != nil {
			return fail(codeIO, "%v", err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return fail(codeIO, "%v", err)
		}
	}
	return call(fmt.Sprint(result["type"]), text)
}

func del(conf config) error {
	path, err := kept(conf)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // deleted before, or never added: CNI wants success
	} else if err != nil {
		return fail(codeIO, "%v", err)
	}
	var saved struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(text, &saved); err != nil {
		return fail(codeIO, "%s: %v", path, err)
	}
	if err := call(saved.Type, text); err != nil {
		return err
	}
	return os.Remove(path)
}

func run() error {
	command := os.Getenv("CNI_COMMAND")
	if command == "VERSION" {
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"cniVersion": "1.1.0", "supportedVersions": supported})
	}
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		return fail(codeIO, "%v", err)
	}
	conf := config{SubnetFile: defaultSubnetFile, DataDir: defaultDataDir}
	if err := json.Unmarshal(input, &conf); err != nil {
		return fail(codeConfig, "the network configuration is no JSON: %v", err)
	}
	switch command {
	case "ADD", "CHECK":
		return add(conf)
	case "DEL":
		return del(conf)
	case "STATUS":
		_, err := readNode(conf.SubnetFile)
		return err
	case "GC":
		return nil
	}
	return fail(codeConfig, "CNI_COMMAND %q is not known", command)
}

func main() {
	err := run()
	if err == nil {
		return
	}
	var known failure
	if !errors.As(err, &known) {
		known = failure{"1.0.0", codeIO, "flannel: " + err.Error()}
	}
	_ = json.NewEncoder(os.Stdout).Encode(known)
	os.Exit(1)
}
