{{- $hub := .Values.hub -}}
{{- $labels := include "jupyterhub.labels" (list . "hub") -}}
{{- $account := $hub.serviceAccount.name | default ($hub.serviceAccount.create | ternary "hub" "default") -}}
{{- $health := printf "%s/hub/health" (trimSuffix "/" $hub.baseUrl) -}}
{{- if $hub.serviceAccount.create }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $account }}
  labels:
    {{- $labels | nindent 4 }}
  annotations: {{ toJson $hub.serviceAccount.annotations }}
{{- end }}
{{- if .Values.rbac.create }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: hub
  labels:
    {{- $labels | nindent 4 }}
rules:
  - apiGroups: [""]
    resources: [pods, persistentvolumeclaims, secrets, services]
    verbs: [get, watch, list, create, delete]
  - apiGroups: [""]
    resources: [events]
    verbs: [get, watch, list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: hub
  labels:
    {{- $labels | nindent 4 }}
subjects:
  - {kind: ServiceAccount, name: {{ $account }}, namespace: {{ .Release.Namespace }}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: hub}
{{- end }}
{{- if eq $hub.db.type "sqlite-pvc" }}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: hub-db-dir
  labels:
    {{- $labels | nindent 4 }}
  annotations: {{ toJson $hub.db.pvc.annotations }}
spec:
  {{- with $hub.db.pvc.selector }}
  selector: {{ toJson . }}
  {{- end }}
  {{- if kindIs "string" $hub.db.pvc.storageClassName }}
  storageClassName: {{ $hub.db.pvc.storageClassName | quote }}
  {{- end }}
  accessModes: {{ toJson $hub.db.pvc.accessModes }}
  resources: {requests: {storage: {{ $hub.db.pvc.storage }}}}
{{- end }}
---
apiVersion: v1
kind: Secret
metadata:
  name: hub
  labels:
    {{- $labels | nindent 4 }}
type: Opaque
data:
  {{- include "jupyterhub.hubSecret" . | nindent 2 }}
{{- with include "jupyterhub.texts" $hub.extraFiles }}
stringData:
  {{- . | indent 2 }}
{{- end }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: hub
  labels:
    {{- $labels | nindent 4 }}
data:
  {{- include "jupyterhub.hubConfig" . | nindent 2 }}
---
apiVersion: v1
kind: Service
metadata:
  name: hub
  labels:
    {{- $labels | nindent 4 }}
  annotations:
    {{- $scraped := dict "scrape" "true" "path" (printf "%s/hub/metrics" (trimSuffix "/" $hub.baseUrl)) "port" "8081" }}
    {{- range $name, $value := $scraped }}
    {{- if not (hasKey $hub.service.annotations (printf "prometheus.io/%s" $name)) }}
    prometheus.io/{{ $name }}: {{ $value | quote }}
    {{- end }}
    {{- end }}
    {{- with $hub.service.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  type: {{ $hub.service.type }}
  selector:
    {{- include "jupyterhub.matchLabels" (list . "hub") | nindent 4 }}
  ports:
    - name: hub
      port: 8081
      targetPort: http
      {{- with $hub.service.ports.nodePort }}
      nodePort: {{ . }}
      {{- end }}
      {{- with $hub.service.ports.appProtocol }}
      appProtocol: {{ . }}
      {{- end }}
    {{- with $hub.service.extraPorts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $hub.service.ipFamilyPolicy }}
  ipFamilyPolicy: {{ . }}
  {{- end }}
  {{- with $hub.service.ipFamilies }}
  ipFamilies: {{ toJson . }}
  {{- end }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: hub
  labels:
    {{- $labels | nindent 4 }}
  annotations:
    io.kubehub.standin: {{ .Chart.Name }}
spec:
  {{- if not (kindIs "invalid" $hub.revisionHistoryLimit) }}
  revisionHistoryLimit: {{ $hub.revisionHistoryLimit }}
  {{- end }}
  replicas: 1
  selector:
    matchLabels:
      {{- include "jupyterhub.matchLabels" (list . "hub") | nindent 6 }}
  strategy: {{ toJson $hub.deploymentStrategy }}
  template:
    metadata:
      labels:
        {{- include "jupyterhub.podLabels" (list . "hub") | nindent 8 }}
        hub.jupyter.org/network-access-proxy-api: "true"
        hub.jupyter.org/network-access-proxy-http: "true"
        hub.jupyter.org/network-access-singleuser: "true"
        {{- with $hub.labels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        checksum/config-map: {{ include "jupyterhub.hubConfig" . | sha256sum }}
        checksum/secret: {{ printf "%s%s" (include "jupyterhub.hubSecret" .) (include "jupyterhub.texts" $hub.extraFiles) | sha256sum }}
        {{- with $hub.annotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ $account }}
      securityContext: {{ toJson $hub.podSecurityContext }}
      {{- include "jupyterhub.corePlacement" (list . $hub) | indent 6 }}
      {{- include "jupyterhub.pullSecrets" (list . $hub.image) | indent 6 }}
      volumes:
        - {name: config, configMap: {name: hub}}
        - {name: secret, secret: {secretName: hub}}
        {{- with $hub.existingSecret }}
        - {name: existing-secret, secret: {secretName: {{ . }}}}
        {{- end }}
        {{- if $hub.extraFiles }}
        - name: files
          secret:
            secretName: hub
            items:
              {{- range $key, $file := $hub.extraFiles }}
              - {key: {{ $key }}, path: {{ $key }}{{ with $file.mode }}, mode: {{ . }}{{ end }}}
              {{- end }}
        {{- end }}
        {{- with $hub.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- if eq $hub.db.type "sqlite-pvc" }}
        - {name: pvc, persistentVolumeClaim: {claimName: hub-db-dir}}
        {{- end }}
      {{- with $hub.initContainers }}
      initContainers: {{ toJson . }}
      {{- end }}
      containers:
        - name: hub
          {{- include "jupyterhub.image" $hub.image | nindent 10 }}
          {{- with $hub.command }}
          command:
            {{- range . }}
            - {{ tpl . $ | quote }}
            {{- end }}
          {{- end }}
          args:
            {{- range $hub.args }}
            - {{ tpl . $ | quote }}
            {{- else }}
            - jupyterhub
            - --config
            - /usr/local/etc/jupyterhub/jupyterhub_config.py
            {{- if .Values.debug.enabled }}
            - --debug
            {{- end }}
            {{- if kindIs "invalid" $hub.db.upgrade | ternary (eq $hub.db.type "sqlite-pvc") $hub.db.upgrade }}
            - --upgrade-db
            {{- end }}
          {{- end }}
          env:
            - {name: PYTHONUNBUFFERED, value: "1"}
            - {name: HELM_RELEASE_NAME, value: {{ .Release.Name }}}
            - {name: POD_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
            - name: CONFIGPROXY_AUTH_TOKEN
              valueFrom: {secretKeyRef: {name: hub, key: hub.config.ConfigurableHTTPProxy.auth_token}}
            {{- include "jupyterhub.env" $hub.extraEnv | indent 12 }}
          ports:
            - {name: http, containerPort: 8081}
          volumeMounts:
            - {name: config, mountPath: /usr/local/etc/jupyterhub/jupyterhub_config.py, subPath: jupyterhub_config.py}
            - {name: config, mountPath: /usr/local/etc/jupyterhub/z2jh.py, subPath: z2jh.py}
            - {name: config, mountPath: /usr/local/etc/jupyterhub/config/}
            - {name: secret, mountPath: /usr/local/etc/jupyterhub/secret/}
            {{- if $hub.existingSecret }}
            - {name: existing-secret, mountPath: /usr/local/etc/jupyterhub/existing-secret/}
            {{- end }}
            {{- range $key, $file := $hub.extraFiles }}
            - {name: files, mountPath: {{ $file.mountPath }}, subPath: {{ $key }}}
            {{- end }}
            {{- with $hub.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
            {{- if eq $hub.db.type "sqlite-pvc" }}
            - {name: pvc, mountPath: /srv/jupyterhub{{ with $hub.db.pvc.subPath }}, subPath: {{ . }}{{ end }}}
            {{- end }}
          resources: {{ toJson $hub.resources }}
          securityContext: {{ toJson $hub.containerSecurityContext }}
          {{- with $hub.lifecycle }}
          lifecycle: {{ toJson . }}
          {{- end }}
          {{- range $name := list "livenessProbe" "readinessProbe" }}
          {{- include "jupyterhub.probe" (dict "probe" (get $hub $name) "name" $name "path" $health "port" "http") | indent 10 }}
          {{- end }}
        {{- with $hub.extraContainers }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $hub.extraPodSpec }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
{{- if $hub.pdb.enabled }}
---
{{- include "jupyterhub.pdb" (list . "hub" $hub.pdb) }}
{{- end }}
{{- if $hub.networkPolicy.enabled }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: hub
  labels:
    {{- $labels | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "jupyterhub.matchLabels" (list . "hub") | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- range $hub.networkPolicy.allowedIngressPorts }}
    - ports: [{port: {{ . }}}]
    {{- end }}
    {{- include "jupyterhub.ingress" (list $hub.networkPolicy "hub" "http") | nindent 4 }}
    {{- with $hub.networkPolicy.ingress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  egress:
    {{- include "jupyterhub.to" (list . "proxy" 8001) | nindent 4 }}
    {{- include "jupyterhub.to" (list . "singleuser-server" 8888) | nindent 4 }}
    {{- include "jupyterhub.egress" (list . $hub.networkPolicy) | indent 4 }}
{{- end }}

{{- define "jupyterhub.hubSecret" -}}
{{- $hub := .Values.hub -}}
{{- $chart := dict "Name" .Chart.Name "Version" .Chart.Version "AppVersion" .Chart.AppVersion -}}
{{- $release := pick .Release "Name" "Namespace" "Service" -}}
values.yaml: {{ merge (dict "Chart" $chart "Release" $release) .Values | toYaml | b64enc | quote }}
{{- with $hub.db.password }}
hub.db.password: {{ b64enc . | quote }}
{{- end }}
{{- range $name, $service := $hub.services }}
{{- $key := printf "hub.services.%s.apiToken" $name }}
{{ $key }}: {{ include "jupyterhub.secret" (list $ $key ($service.apiToken | default $service.api_token) 64) | b64enc | quote }}
{{- end }}
hub.config.ConfigurableHTTPProxy.auth_token: {{ include "jupyterhub.authToken" . | b64enc | quote }}
{{- $given := dig "JupyterHub" "cookie_secret" "" $hub.config | default $hub.cookieSecret }}
hub.config.JupyterHub.cookie_secret: {{ include "jupyterhub.secret" (list . "hub.config.JupyterHub.cookie_secret" $given 64) | b64enc | quote }}
{{- $given = dig "CryptKeeper" "keys" list $hub.config | join ";" }}
hub.config.CryptKeeper.keys: {{ include "jupyterhub.secret" (list . "hub.config.CryptKeeper.keys" $given 64) | b64enc | quote }}
{{- include "jupyterhub.bytes" $hub.extraFiles }}
{{- end }}

{{- define "jupyterhub.hubConfig" -}}
{{- range list "hub" "proxy" "proxy-api" "proxy-public" "singleuser" }}
{{ . }}: {{ . }}
{{- end }}
{{- (.Files.Glob "files/hub/*.py").AsConfig | nindent 0 }}
checksum_hook-image-puller: {{ include "jupyterhub.pullerChecksum" . | quote }}
{{- end }}

{{- define "jupyterhub.pdb" }}
{{- $name := index . 1 }}
{{- $pdb := index . 2 }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $name }}
  labels:
    {{- include "jupyterhub.labels" . | nindent 4 }}
spec:
  {{- range $key := list "maxUnavailable" "minAvailable" }}
  {{- with get $pdb $key }}
  {{ $key }}: {{ . }}
  {{- end }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "jupyterhub.matchLabels" . | nindent 6 }}
{{- end }}
