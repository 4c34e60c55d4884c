{{- $proxy := .Values.proxy -}}
{{- $chp := $proxy.chp -}}
{{- $labels := include "jupyterhub.labels" (list . "proxy") -}}
{{- $hub := "http://hub:$(HUB_SERVICE_PORT)" -}}
---
apiVersion: v1
kind: Service
metadata:
  name: proxy-api
  labels:
    {{- include "jupyterhub.labels" (list . "proxy-api") | nindent 4 }}
spec:
  selector:
    {{- include "jupyterhub.matchLabels" (list . "proxy") | nindent 4 }}
  ports:
    - {port: 8001, targetPort: api}
  {{- with $proxy.service.ipFamilyPolicy }}
  ipFamilyPolicy: {{ . }}
  {{- end }}
  {{- with $proxy.service.ipFamilies }}
  ipFamilies: {{ toJson . }}
  {{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: proxy-public
  labels:
    {{- include "jupyterhub.labels" (list . "proxy-public") | nindent 4 }}
    {{- with $proxy.service.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations: {{ toJson $proxy.service.annotations }}
spec:
  type: {{ $proxy.service.type }}
  selector:
    {{- include "jupyterhub.matchLabels" (list . "proxy") | nindent 4 }}
  ports:
    {{- if not $proxy.service.disableHttpPort }}
    - {name: http, port: 80, targetPort: http{{ with $proxy.service.nodePorts.http }}, nodePort: {{ . }}{{ end }}}
    {{- end }}
    {{- with $proxy.service.extraPorts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $proxy.service.loadBalancerIP }}
  loadBalancerIP: {{ . }}
  {{- end }}
  {{- with $proxy.service.ipFamilyPolicy }}
  ipFamilyPolicy: {{ . }}
  {{- end }}
  {{- with $proxy.service.ipFamilies }}
  ipFamilies: {{ toJson . }}
  {{- end }}
  {{- if and (eq $proxy.service.type "LoadBalancer") $proxy.service.loadBalancerSourceRanges }}
  loadBalancerSourceRanges: {{ toJson $proxy.service.loadBalancerSourceRanges }}
  {{- end }}
  {{- with $proxy.service.externalIPs }}
  externalIPs: {{ toJson . }}
  {{- end }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: proxy
  labels:
    {{- $labels | nindent 4 }}
spec:
  {{- if not (kindIs "invalid" $chp.revisionHistoryLimit) }}
  revisionHistoryLimit: {{ $chp.revisionHistoryLimit }}
  {{- end }}
  replicas: 1
  selector:
    matchLabels:
      {{- include "jupyterhub.matchLabels" (list . "proxy") | nindent 6 }}
  strategy: {{ toJson $proxy.deploymentStrategy }}
  template:
    metadata:
      labels:
        {{- include "jupyterhub.podLabels" (list . "proxy") | nindent 8 }}
        hub.jupyter.org/network-access-hub: "true"
        hub.jupyter.org/network-access-singleuser: "true"
        {{- with $proxy.labels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        # A token that is made here is another one than the secret's: as upstream's, the first upgrade restarts the proxy.
        checksum/auth-token: {{ include "jupyterhub.authToken" . | sha256sum | trunc 4 | quote }}
        {{- with $proxy.annotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      terminationGracePeriodSeconds: 60
      {{- include "jupyterhub.corePlacement" (list . $chp) | indent 6 }}
      {{- include "jupyterhub.pullSecrets" (list . $chp.image) | indent 6 }}
      containers:
        - name: chp
          {{- include "jupyterhub.image" $chp.image | nindent 10 }}
          command: {{ toJson $chp.command }}
          args:
            - --ip=
            - --api-ip=
            - --api-port=8001
            - --default-target={{ $chp.defaultTarget | default $hub }}
            - --error-target={{ $chp.errorTarget | default (printf "%s/hub/error" $hub) }}
            - --port=8000
            {{- if .Values.debug.enabled }}
            - --log-level=debug
            {{- end }}
            {{- if dig "JupyterHub" "subdomain_host" "" .Values.hub.config }}
            - --host-routing
            {{- end }}
            {{- range $chp.extraCommandLineFlags }}
            - {{ tpl . $ | quote }}
            {{- end }}
          env:
            - name: CONFIGPROXY_AUTH_TOKEN
              valueFrom: {secretKeyRef: {name: hub, key: hub.config.ConfigurableHTTPProxy.auth_token}}
            {{- include "jupyterhub.env" $chp.extraEnv | indent 12 }}
          ports:
            - {name: http, containerPort: 8000}
            - {name: api, containerPort: 8001}
          resources: {{ toJson $chp.resources }}
          securityContext: {{ toJson $chp.containerSecurityContext }}
          {{- range $name := list "livenessProbe" "readinessProbe" }}
          {{- include "jupyterhub.probe" (dict "probe" (get $chp $name) "name" $name "path" "/_chp_healthz" "port" "http") | indent 10 }}
          {{- end }}
      {{- with $chp.extraPodSpec }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
{{- if $chp.pdb.enabled }}
---
{{- include "jupyterhub.pdb" (list . "proxy" $chp.pdb) }}
{{- end }}
{{- if $chp.networkPolicy.enabled }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: proxy
  labels:
    {{- $labels | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "jupyterhub.matchLabels" (list . "proxy") | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- range $chp.networkPolicy.allowedIngressPorts }}
    - ports: [{port: {{ . }}}]
    {{- end }}
    {{- include "jupyterhub.ingress" (list $chp.networkPolicy "proxy-http" "http") | nindent 4 }}
    {{- include "jupyterhub.ingress" (list $chp.networkPolicy "proxy-api" "api") | nindent 4 }}
    {{- with $chp.networkPolicy.ingress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  egress:
    {{- include "jupyterhub.to" (list . "hub" 8081) | nindent 4 }}
    {{- include "jupyterhub.to" (list . "singleuser-server" 8888) | nindent 4 }}
    {{- include "jupyterhub.egress" (list . $chp.networkPolicy) | indent 4 }}
{{- end }}
