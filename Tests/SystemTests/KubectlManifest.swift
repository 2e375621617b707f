/// What the lines of both programs work on.
enum KubectlManifest {
    /// A deployment of two containers, and settings.
    static let application = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: app, labels: {app: app}}
        spec:
          replicas: 2
          selector: {matchLabels: {app: app}}
          template:
            metadata: {labels: {app: app}}
            spec:
              containers:
              - name: main
                image: nginx:1
                ports: [{containerPort: 80, name: http}]
                resources: {requests: {cpu: 100m}, limits: {cpu: '1'}}
                env: [{name: P, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
                livenessProbe: {httpGet: {path: /x, port: http}}
                volumeMounts: [{name: v, mountPath: /v}]
              - {name: side, image: "busybox:1"}
              volumes: [{name: v, emptyDir: {}}]
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
        data: {A_B: b, c-d: e, lines: "two\\nlines"}

        """
}
