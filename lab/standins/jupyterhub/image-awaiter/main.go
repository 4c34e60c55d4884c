// Copyright: (c) 2026, kubehub contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Stand-in for zero-to-jupyterhub's image-awaiter, which the Go module proxy does not serve: ends when the pods of a
// DaemonSet are ready, which is when their nodes have pulled the images of its init containers.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"
)

const (
	interval = time.Second
	// The API server may be away for a moment, on a cluster whose control plane fails over.
	patience = 2 * time.Minute
	account  = "/var/run/secrets/kubernetes.io/serviceaccount"
)

type daemonSet struct {
	Metadata struct {
		Generation int64 `json:"generation"`
	} `json:"metadata"`
	Status struct {
		ObservedGeneration int64 `json:"observedGeneration"`
		Current            int   `json:"currentNumberScheduled"`
		Desired            int   `json:"desiredNumberScheduled"`
		Ready              int   `json:"numberReady"`
	} `json:"status"`
}

// done says whether the images are pulled: on every node that should have a pod, or, when it was waited long enough
// for pods that can't be scheduled, on every node that has one.
func (d daemonSet) done(waitForAll bool) bool {
	if d.Status.ObservedGeneration < d.Metadata.Generation {
		return false // The controller has not counted yet: its zeros mean nothing.
	}
	if waitForAll {
		return d.Status.Ready >= d.Status.Desired
	}
	return d.Status.Ready >= d.Status.Current
}

type cluster struct {
	client *http.Client
	url    string
	token  string
}

func (c cluster) get() (daemonSet, error) {
	var found daemonSet
	token, err := os.ReadFile(c.token) // Read each time: kubelet renews it.
	if err != nil {
		return found, err
	}
	request, err := http.NewRequest(http.MethodGet, c.url, nil)
	if err != nil {
		return found, err
	}
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	response, err := c.client.Do(request)
	if err != nil {
		return found, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return found, fmt.Errorf("GET %s: %s", c.url, response.Status)
	}
	return found, json.NewDecoder(response.Body).Decode(&found)
}

func main() {
	log.SetFlags(0)
	ca := flag.String("ca-path", account+"/ca.crt", "certificates that the API server is verified with")
	token := flag.String("auth-token-path", account+"/token", "token for the API server")
	server := flag.String("api-server-address", "", "URL of the API server")
	namespace := flag.String("namespace", "", "namespace of the DaemonSet")
	name := flag.String("daemonset", "hook-image-puller", "the DaemonSet")
	wait := flag.Int("pod-scheduling-wait-duration", 10, "seconds to wait for pods that are not scheduled; -1: without end")
	flag.Parse()

	pem, err := os.ReadFile(*ca)
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		log.Fatalf("%s holds no certificate", *ca)
	}
	api := cluster{
		client: &http.Client{
			Timeout:   10 * time.Second,
			Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}},
		},
		url:   fmt.Sprintf("%s/apis/apps/v1/namespaces/%s/daemonsets/%s", *server, *namespace, *name),
		token: *token,
	}
	begin := time.Now()
	answered := begin
	said := ""
	for ; ; time.Sleep(interval) {
		found, err := api.get()
		if err != nil {
			if time.Since(answered) > patience {
				log.Fatal(err)
			}
			log.Print(err)
			continue
		}
		answered = time.Now()
		text := fmt.Sprintf("%d of %d pods are ready, %d are scheduled", found.Status.Ready, found.Status.Desired, found.Status.Current)
		if text != said {
			log.Print(text)
			said = text
		}
		if found.done(*wait < 0 || time.Since(begin) < time.Duration(*wait)*time.Second) {
			return
		}
	}
}
