{{- /*
Copyright: (c) 2026, kubehub contributors
SPDX-License-Identifier: GPL-3.0-or-later

Labels. Each takes (list . COMPONENT). Selectors can't change, so they have the three old labels alone, as upstream's.
*/ -}}
{{- define "jupyterhub.matchLabels" -}}
{{- $root := index . 0 -}}
component: {{ index . 1 }}
app: {{ $root.Values.nameOverride | default $root.Chart.Name }}
release: {{ $root.Release.Name }}
{{- end }}

{{- define "jupyterhub.podLabels" -}}
{{- $root := index . 0 -}}
{{ include "jupyterhub.matchLabels" . }}
app.kubernetes.io/component: {{ index . 1 }}
app.kubernetes.io/name: {{ $root.Values.nameOverride | default $root.Chart.Name }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
{{- end }}

{{- define "jupyterhub.labels" -}}
{{- $root := index . 0 -}}
{{- $chart := printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" -}}
{{ include "jupyterhub.podLabels" . }}
chart: {{ $chart }}
heritage: {{ $root.Release.Service }}
helm.sh/chart: {{ $chart }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
{{- end }}

{{- /* Annotations of a hook (list WEIGHT FURTHER): before an installation or upgrade, gone when it worked. */ -}}
{{- define "jupyterhub.hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
helm.sh/hook-weight: {{ index . 0 | quote }}
{{- with index . 1 }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* A secret that is made once: (list . KEY GIVEN LENGTH). Given, else the cluster's, else new; hexadecimal. */ -}}
{{- define "jupyterhub.secret" -}}
{{- $root := index . 0 -}}
{{- $key := index . 1 -}}
{{- $kept := dig "data" dict (lookup "v1" "Secret" $root.Release.Namespace "hub") -}}
{{- if index . 2 -}}
{{ index . 2 }}
{{- else if hasKey $kept $key -}}
{{ index $kept $key | b64dec }}
{{- else -}}
{{ printf "%s%s" (randAlphaNum 64 | sha256sum) (randAlphaNum 64 | sha256sum) | trunc (index . 3) }}
{{- end }}
{{- end }}

{{- define "jupyterhub.authToken" -}}
{{- $given := dig "ConfigurableHTTPProxy" "auth_token" "" .Values.hub.config | default .Values.proxy.secretToken -}}
{{ include "jupyterhub.secret" (list . "hub.config.ConfigurableHTTPProxy.auth_token" $given 64) }}
{{- end }}

{{- /* Environment variables out of a list as the API has it, or a map of names to texts or to entries without names. */ -}}
{{- define "jupyterhub.env" -}}
{{- if kindIs "map" . }}
{{- range $name, $value := . }}
- {{ merge (dict "name" $name) (kindIs "map" $value | ternary $value (dict "value" $value)) | toJson }}
{{- end }}
{{- else if . }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Entries of a Secret's data for those of extraFiles that are bytes. */ -}}
{{- define "jupyterhub.bytes" -}}
{{- range $key, $file := . }}
{{- with $file.binaryData }}
{{ $key }}: {{ nospace . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Entries of its stringData for the others: a text, or data written as the file's name says. */ -}}
{{- define "jupyterhub.texts" -}}
{{- range $key, $file := . }}
{{- if hasKey $file "stringData" }}
{{ $key }}: {{ toJson $file.stringData }}
{{- else if and (hasKey $file "data") (hasSuffix ".json" $file.mountPath) }}
{{ $key }}: {{ toJson $file.data | toJson }}
{{- else if and (hasKey $file "data") (hasSuffix ".toml" $file.mountPath) }}
{{ $key }}: {{ toToml $file.data | toJson }}
{{- else if hasKey $file "data" }}
{{ $key }}: {{ toYaml $file.data | toJson }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The image of a container, from its values; its pull secrets are the pod's: (list . IMAGE). */ -}}
{{- define "jupyterhub.image" -}}
image: {{ .name }}:{{ .tag }}
{{- with .pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- end }}

{{- define "jupyterhub.pullSecrets" -}}
{{- $names := list }}
{{- range concat ((index . 1).pullSecrets | default list) (index . 0).Values.imagePullSecrets | uniq }}
{{- $names = append $names (kindIs "map" . | ternary . (dict "name" .)) }}
{{- end }}
{{- with $names }}
imagePullSecrets: {{ toJson . }}
{{- end }}
{{- end }}

{{- /* Where the hub's and the proxy's pods may run: (list . VALUES). */ -}}
{{- define "jupyterhub.corePlacement" -}}
{{- $core := (index . 0).Values.scheduling.corePods -}}
{{- $purpose := dict "matchExpressions" (list (dict "key" "hub.jupyter.org/node-purpose" "operator" "In" "values" (list "core"))) -}}
{{- with (index . 1).nodeSelector }}
nodeSelector: {{ toJson . }}
{{- end }}
{{- with concat $core.tolerations (index . 1).tolerations }}
tolerations: {{ toJson . }}
{{- end }}
{{- if eq $core.nodeAffinity.matchNodePurpose "prefer" }}
affinity:
  nodeAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - {weight: 100, preference: {{ toJson $purpose }}}
{{- else if eq $core.nodeAffinity.matchNodePurpose "require" }}
affinity:
  nodeAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      nodeSelectorTerms: [{{ toJson $purpose }}]
{{- end }}
{{- end }}

{{- /* A probe by HTTP: (dict "probe" VALUES "path" PATH "port" PORT "name" NAME). */ -}}
{{- define "jupyterhub.probe" -}}
{{- if .probe.enabled }}
{{ .name }}:
  {{- omit .probe "enabled" | toYaml | nindent 2 }}
  httpGet: {path: {{ .path }}, port: {{ .port }}}
{{- end }}
{{- end }}

{{- /* The rules that let pods with a label in: (list POLICY LABEL PORT). */ -}}
{{- define "jupyterhub.ingress" -}}
{{- $policy := index . 0 -}}
{{- $label := dict (printf "hub.jupyter.org/network-access-%s" (index . 1)) "true" -}}
{{- $from := list (dict "podSelector" (dict "matchLabels" $label)) -}}
{{- if eq $policy.interNamespaceAccessLabels "accept" -}}
{{- $from = list
  (dict "podSelector" (dict "matchLabels" $label) "namespaceSelector" dict)
  (dict "namespaceSelector" (dict "matchLabels" $label)) -}}
{{- end -}}
- ports: [{port: {{ index . 2 }}}]
  from: {{ toJson $from }}
{{- end }}

{{- /* The rules that a policy's egressAllowRules and egress stand for: (list . POLICY). */ -}}
{{- define "jupyterhub.egress" -}}
{{- $root := index . 0 -}}
{{- $policy := index . 1 -}}
{{- $rules := $policy.egressAllowRules -}}
{{- $metadata := printf "%s/32" $root.Values.singleuser.cloudMetadata.ip -}}
{{- $private := list "10.0.0.0/8" "172.16.0.0/12" "192.168.0.0/16" -}}
{{- $blocks := list -}}
{{- range $private }}{{ $blocks = append $blocks (dict "ipBlock" (dict "cidr" .)) }}{{ end -}}
{{- $dns := list -}}
{{- if $rules.dnsPortsCloudMetadataServer }}{{ $dns = append $dns (dict "ipBlock" (dict "cidr" $metadata)) }}{{ end -}}
{{- if $rules.dnsPortsKubeSystemNamespace -}}
{{- $dns = append $dns (dict "namespaceSelector" (dict "matchLabels" (dict "kubernetes.io/metadata.name" "kube-system"))) -}}
{{- end -}}
{{- if $rules.dnsPortsPrivateIPs }}{{ $dns = concat $dns $blocks }}{{ end -}}
{{- with $dns }}
- ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
  to: {{ toJson . }}
{{- end }}
{{- if $rules.nonPrivateIPs }}
- to: [{ipBlock: {cidr: 0.0.0.0/0, except: {{ toJson (append $private $metadata) }}}}]
{{- end }}
{{- if $rules.privateIPs }}
- to: {{ toJson $blocks }}
{{- end }}
{{- if $rules.cloudMetadataServer }}
- to: [{ipBlock: {cidr: {{ $metadata }}}}]
{{- end }}
{{- with $policy.egress }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* A rule to the pods of a component: (list . COMPONENT PORT). */ -}}
{{- define "jupyterhub.to" -}}
- ports: [{port: {{ index . 2 }}}]
  to:
    - podSelector:
        matchLabels:
          {{- include "jupyterhub.matchLabels" . | nindent 10 }}
{{- end }}
