{{- $puller := .Values.prePuller -}}
{{- $labels := include "jupyterhub.labels" (list . "image-puller") -}}
{{- if $puller.continuous.enabled }}
{{- $account := $puller.continuous.serviceAccount -}}
{{- if $account.create }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $account.name | default "continuous-image-puller" }}
  labels:
    {{- $labels | nindent 4 }}
  annotations: {{ toJson $account.annotations }}
{{- end }}
---
{{- include "jupyterhub.puller" (list . "continuous-image-puller" ($account.name | default "continuous-image-puller") $puller.continuous.daemonsetAnnotations) }}
{{- end }}
{{- $old := dig "data" "checksum_hook-image-puller" "" (lookup "v1" "ConfigMap" .Release.Namespace "hub") -}}
{{- $changed := or (not $puller.hook.pullOnlyOnChanges) (ne $old (include "jupyterhub.pullerChecksum" .)) -}}
{{- if and $puller.hook.enabled $changed }}
{{- $account := $puller.hook.serviceAccountImagePuller -}}
{{- if $account.create }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $account.name | default "hook-image-puller" }}
  labels:
    {{- $labels | nindent 4 }}
    hub.jupyter.org/deletable: "true"
  annotations:
    {{- include "jupyterhub.hook" (list "-10" $account.annotations) | nindent 4 }}
{{- end }}
---
{{- include "jupyterhub.hookPuller" . }}
{{- $account = $puller.hook.serviceAccount }}
{{- $name := $account.name | default ($account.create | ternary "hook-image-awaiter" "default") }}
{{- if $account.create }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  labels:
    {{- $labels | nindent 4 }}
    hub.jupyter.org/deletable: "true"
  annotations:
    {{- include "jupyterhub.hook" (list "0" $account.annotations) | nindent 4 }}
{{- end }}
{{- if .Values.rbac.create }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: hook-image-awaiter
  labels:
    {{- $labels | nindent 4 }}
    hub.jupyter.org/deletable: "true"
  annotations:
    {{- include "jupyterhub.hook" (list "0" nil) | nindent 4 }}
rules:
  - apiGroups: [apps]
    resources: [daemonsets]
    verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: hook-image-awaiter
  labels:
    {{- $labels | nindent 4 }}
    hub.jupyter.org/deletable: "true"
  annotations:
    {{- include "jupyterhub.hook" (list "0" nil) | nindent 4 }}
subjects:
  - {kind: ServiceAccount, name: {{ $name }}, namespace: {{ .Release.Namespace }}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: hook-image-awaiter}
{{- end }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: hook-image-awaiter
  labels:
    {{- $labels | nindent 4 }}
    hub.jupyter.org/deletable: "true"
  annotations:
    {{- include "jupyterhub.hook" (list "10" nil) | nindent 4 }}
spec:
  template:
    metadata:
      labels:
        {{- include "jupyterhub.podLabels" (list . "image-puller") | nindent 8 }}
        {{- with $puller.labels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations: {{ toJson $puller.annotations }}
    spec:
      restartPolicy: Never
      serviceAccountName: {{ $name }}
      {{- with $puller.hook.nodeSelector }}
      nodeSelector: {{ toJson . }}
      {{- end }}
      {{- with concat .Values.scheduling.corePods.tolerations $puller.hook.tolerations }}
      tolerations: {{ toJson . }}
      {{- end }}
      {{- include "jupyterhub.pullSecrets" (list . $puller.hook.image) | indent 6 }}
      containers:
        - name: hook-image-awaiter
          {{- include "jupyterhub.image" $puller.hook.image | nindent 10 }}
          command:
            - /image-awaiter
            - -api-server-address=https://kubernetes.default.svc:$(KUBERNETES_SERVICE_PORT)
            - -namespace={{ .Release.Namespace }}
            - -daemonset=hook-image-puller
            - -pod-scheduling-wait-duration={{ $puller.hook.podSchedulingWaitDuration }}
          resources: {{ toJson $puller.hook.resources }}
          securityContext: {{ toJson $puller.hook.containerSecurityContext }}
{{- end }}

{{- /* The DaemonSet whose pods pull before an upgrade; with it the names of all images, so that its sum says whether one changed. */ -}}
{{- define "jupyterhub.hookPuller" }}
{{- $hook := .Values.prePuller.hook }}
{{- $annotations := include "jupyterhub.hook" (list "-10" $hook.daemonsetAnnotations) | fromYaml }}
{{- include "jupyterhub.puller" (list . "hook-image-puller" ($hook.serviceAccountImagePuller.name | default "hook-image-puller") $annotations) }}
{{- end }}

{{- define "jupyterhub.pullerChecksum" -}}
{{- $pinned := merge (dict "Chart" (dict "Name" .Chart.Name "Version" "any")) . -}}
{{ include "jupyterhub.hookPuller" $pinned | sha256sum }}
{{- end }}

{{- /* A DaemonSet that pulls every image of users' pods by running it for a moment: (list . NAME ACCOUNT ANNOTATIONS). */ -}}
{{- define "jupyterhub.puller" }}
{{- $root := index . 0 }}
{{- $name := index . 1 }}
{{- $user := $root.Values.singleuser }}
{{- $puller := $root.Values.prePuller }}
{{- $required := $user.extraNodeAffinity.required | default list }}
{{- if eq $root.Values.scheduling.userPods.nodeAffinity.matchNodePurpose "require" }}
{{- $required = append $required
  (dict "matchExpressions" (list (dict "key" "hub.jupyter.org/node-purpose" "operator" "In" "values" (list "user")))) }}
{{- end }}
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: {{ $name }}
  labels:
    {{- include "jupyterhub.labels" . | nindent 4 }}
    {{- if hasPrefix "hook-" $name }}
    hub.jupyter.org/deletable: "true"
    {{- end }}
  annotations: {{ index . 3 | toJson }}
spec:
  {{- if not (kindIs "invalid" $puller.revisionHistoryLimit) }}
  revisionHistoryLimit: {{ $puller.revisionHistoryLimit }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "jupyterhub.matchLabels" . | nindent 6 }}
  updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 100%}}
  template:
    metadata:
      labels:
        {{- include "jupyterhub.podLabels" . | nindent 8 }}
        {{- with $puller.labels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations: {{ toJson $puller.annotations }}
    spec:
      serviceAccountName: {{ index . 2 }}
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 0
      {{- with $user.nodeSelector }}
      nodeSelector: {{ toJson . }}
      {{- end }}
      {{- with concat $root.Values.scheduling.userPods.tolerations $user.extraTolerations $puller.extraTolerations }}
      tolerations: {{ toJson . }}
      {{- end }}
      {{- with $required }}
      affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: {{ toJson . }}}}}
      {{- end }}
      {{- include "jupyterhub.pullSecrets" (list $root $user.image) | indent 6 }}
      initContainers:
        {{- range $key, $image := include "jupyterhub.images" $root | fromYaml }}
        - name: image-pull-{{ $key }}
          image: {{ $image }}
          command: [/bin/sh, -c, echo "Pulling complete"]
          resources: {{ toJson $puller.resources }}
          securityContext: {{ toJson $puller.containerSecurityContext }}
        {{- end }}
      containers:
        - name: pause
          {{- include "jupyterhub.image" $puller.pause.image | nindent 10 }}
          resources: {{ toJson $puller.resources }}
          securityContext: {{ toJson $puller.pause.containerSecurityContext }}
{{- end }}

{{- /* The images of users' pods, by a name for the container that pulls each. */ -}}
{{- define "jupyterhub.images" -}}
{{- $user := .Values.singleuser -}}
singleuser: {{ $user.image.name }}:{{ $user.image.tag }}
{{- range $index, $container := concat $user.initContainers $user.extraContainers }}
singleuser-init-and-extra-containers-{{ $index }}: {{ $container.image }}
{{- end }}
{{- if .Values.prePuller.pullProfileListImages }}
{{- range $index, $profile := $user.profileList }}
{{- with dig "kubespawner_override" "image" "" $profile }}
singleuser-profilelist-{{ $index }}: {{ . }}
{{- end }}
{{- range $option, $choices := $profile.profile_options }}
{{- range $choice, $chosen := $choices.choices }}
{{- with dig "kubespawner_override" "image" "" $chosen }}
profile-{{ $index }}-option-{{ $option }}-{{ $choice }}: {{ . }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- range $key, $image := .Values.prePuller.extraImages }}
{{ $key }}: {{ $image.name }}:{{ $image.tag }}
{{- end }}
{{- end }}
