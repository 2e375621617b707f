/// Lines for our kubectl and the original, verb by verb. `SIDE` is a name of each one's own, `one` and `two`, and the
/// line's namespace and folder; `KUBECTL` in a line stands for the program, where it isn't the line's first word.
enum KubectlVerbLines {
    /// What the lines work on.
    static let objects =
        KubectlManifest.application + "---\n"
            + """
            apiVersion: v1
            kind: Secret
            metadata: {name: sec}
            stringData: {user: u, pass: p}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: p1, labels: {app: p}}
            spec: {containers: [{name: p1, image: nginx}]}
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: db}
            spec: {serviceName: db, selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, image: x}]}}}
            ---
            apiVersion: apps/v1
            kind: DaemonSet
            metadata: {name: ds}
            spec: {selector: {matchLabels: {app: ds}}, template: {metadata: {labels: {app: ds}}, spec: {containers: [{name: c, image: x}]}}}
            ---
            apiVersion: batch/v1
            kind: CronJob
            metadata: {name: cj}
            spec: {schedule: "* * * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}}}}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: rb}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
            subjects: [{kind: User, name: u, apiGroup: rbac.authorization.k8s.io}]
            ---
            apiVersion: v1
            kind: Node
            metadata: {name: node-SIDE, labels: {kubernetes.io/hostname: node-SIDE}}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: bare}
            spec: {nodeName: node-SIDE, containers: [{name: c, image: x}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: local, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: rs, uid: u1, controller: true}]}
            spec: {nodeName: node-SIDE, volumes: [{name: v, emptyDir: {}}], containers: [{name: c, image: x}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: owned, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: rs, uid: u1, controller: true}]}
            spec: {nodeName: node-SIDE, containers: [{name: c, image: x}]}
            ---
            apiVersion: v1
            kind: Event
            metadata: {name: e1}
            involvedObject: {kind: Pod, name: p1, namespace: SIDE, apiVersion: v1}
            reason: Started
            message: Started container
            type: Normal
            firstTimestamp: "2026-01-01T00:00:00Z"
            lastTimestamp: "2026-01-01T00:00:00Z"
            count: 1
            ---
            apiVersion: v1
            kind: Event
            metadata: {name: e2}
            involvedObject: {kind: Pod, name: p1, namespace: SIDE, apiVersion: v1}
            reason: Failed
            message: "Error: ErrImagePull"
            type: Warning
            firstTimestamp: "2026-01-01T00:00:00Z"
            lastTimestamp: "2026-01-01T00:01:00Z"
            count: 5
            ---
            apiVersion: v1
            kind: Event
            metadata: {name: e3}
            involvedObject: {kind: Deployment, name: app, namespace: SIDE, apiVersion: apps/v1}
            reason: ScalingReplicaSet
            message: Scaled up
            type: Normal
            firstTimestamp: "2026-01-01T00:02:00Z"
            lastTimestamp: "2026-01-01T00:02:00Z"
            count: 1
            ---
            apiVersion: certificates.k8s.io/v1
            kind: CertificateSigningRequest
            metadata: {name: csr-SIDE}
            spec:
              request: REQUEST
              signerName: kubernetes.io/kube-apiserver-client
              usages: [client auth]

            """.replacing("REQUEST", with: request)

    /// A certificate request for the user `u`.
    private static let request =
        "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIR01HNENBUUF3RERFS01BZ0dBMVVFQXd3QmRUQlpNQk1HQnlx"
        + "R1NNNDlBZ0VHQ0NxR1NNNDlBd0VIQTBJQQpCQ3plK2FDUEdHTVFjOEJCU3pXdzI0WUdMeU1PU1RCdWlTRHBpM3ZYRGVHckg3Q3gr"
        + "S3RUVzhHak1pNCs1NUh4CjhXYW1PcW1oL0phdjQ0NVpWeEN2d0x5Z0FEQUtCZ2dxaGtqT1BRUURBZ05JQURCRkFpQTRmUVdHbjdt"
        + "OHIza3QKWmZYRjg3UGdXeUlLU05rdGNhSVluWmJ4WWZtQlh3SWhBTXI1V1RoSDYwY0EyN21QRnpoS2FUd2hzcDAwVEhjeQo1VlNR"
        + "V3NJQW5KSjIKLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg=="

    /// Files in each one's folder.
    static let files: [String: String] = [
        "f.yaml": "a: 1\nb: 2\n", "e.env": "A=1\n# c\nB=2\n", "d/x": "one", "d/y": "two", "d/z": "\0\0\0", "empty": "",
        "crt.pem": "nothing",
        "k/kustomization.yaml":
            "namePrefix: kz-\ncommonAnnotations: {note: v}\nconfigMapGenerator:\n- {name: c, literals: [a=b]}\n"
            + "resources: [cm.yaml]\nimages:\n- {name: nginx, newTag: \"7\"}\n",
        "k/cm.yaml":
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\ndata: {k: v}\n---\napiVersion: v1\nkind: Pod\n"
            + "metadata: {name: kp}\nspec: {containers: [{name: c, image: nginx}]}\n",
    ]

    /// In order: each may change something.
    static let first = [
        "cordon node-SIDE", "cordon node-SIDE", "cordon node/node-SIDE", "cordon pod/p1", "uncordon node-SIDE",
        "uncordon node-SIDE", "cordon node-SIDE --dry-run=client", "cordon node-SIDE --dry-run=server",
        "cordon -l kubernetes.io/hostname=node-SIDE", "uncordon -l kubernetes.io/hostname=node-SIDE",
        "cordon -l a=none", "cordon", "uncordon", "cordon nope", "cordon node-SIDE -l a=b", "drain",
        "drain node-SIDE -l a=b", "taint nodes node-SIDE a=b:NoSchedule", "taint nodes node-SIDE a=b:NoSchedule",
        "taint nodes node-SIDE a=c:NoSchedule", "taint nodes node-SIDE a=c:NoSchedule --overwrite",
        "taint node node-SIDE a:NoExecute", "taint node/node-SIDE c=d:PreferNoSchedule",
        "taint nodes node-SIDE a:NoSchedule-", "taint nodes node-SIDE a-", "taint nodes node-SIDE a-",
        "taint nodes node-SIDE c-", "taint nodes node-SIDE a", "taint nodes node-SIDE a=b",
        "taint nodes node-SIDE a=b:Nope", "taint nodes node-SIDE =b:NoSchedule", "taint nodes node-SIDE",
        "taint nodes", "taint", "taint pods p1 a=b:NoSchedule",
        "taint nodes -l kubernetes.io/hostname=node-SIDE x=y:NoSchedule",
        "taint nodes -l kubernetes.io/hostname=node-SIDE x-",
        "taint nodes node-SIDE x=y:NoSchedule z=w:NoExecute --dry-run=client",
        "taint nodes node-SIDE x=y:NoSchedule x=z:NoSchedule", "taint nodes node-SIDE x=y:NoSchedule x-",
        "taint nodes node-SIDE x=y:NoSchedule --dry-run=server -o name", "taint nodes node-SIDE 'b@d=y:NoSchedule'",
        "taint nodes --all -l a=b x=y:NoSchedule", "drain node-SIDE --force",
        "drain node-SIDE --force --delete-emptydir-data --dry-run=client",
        "drain node-SIDE --force --delete-emptydir-data --pod-selector=a=b", "drain node-SIDE --pod-selector='a=('",
        "KUBECTL drain node-SIDE --force --delete-emptydir-data --disable-eviction --grace-period=0 | sort",
        "drain node-SIDE",
        "drain node-SIDE --ignore-daemonsets", "uncordon node-SIDE", "drain node-SIDE node-SIDE",
        "drain nope node-SIDE", "uncordon node-SIDE", "certificate", "certificate approve",
        "certificate approve nope", "certificate approve csr-SIDE", "certificate approve csr-SIDE",
        "certificate deny csr-SIDE", "certificate deny csr-SIDE --force", "get csr csr-SIDE",
        "describe csr csr-SIDE | grep -v -i annot", "certificate approve csr-SIDE --force -o name",
        "certificate approve -l a=b", "set image", "set image deploy/app main=nginx:2",
        "set image deploy/app main=nginx:2", "set image deploy/app '*=nginx:3'",
        "set image deploy app main=nginx:4 side=busybox:4", "set image deploy/app main", "set image deploy/app main=",
        "set image deploy/app", "set image deploy --all main=nginx:5", "set image deploy,sts --all '*=x:6'",
        "set image deploy -l app=app main=nginx:7 -o name", "set image deploy/app main=nginx:8 --dry-run=client",
        "set image deploy/app main=nginx:8 --dry-run=server -o yaml", "set image deploy/nope main=x",
        "set image cm/settings a=b", "set image pod/p1 p1=nginx:2", "set env deploy/app A=1 B=2",
        "set env deploy/app A=1", "set env deploy/app A-", "set env deploy/app --list",
        "set env deploy/app --from=cm/settings --keys=c-d",
        "set env deploy/app --from=configmap/settings --prefix=X_ --keys=A_B",
        "set env deploy/app --from=secret/sec --keys=user", "set env deploy/app --from=secret/sec --keys=pass --list",
        "set env deploy/app --list --resolve", "set env deploy/app -c side C=3", "set env deploy/app -c nope C=3",
        "set env deploy/app", "set env", "set env deploy/app bad", "set env deploy/app 1A=b",
        "set env deploy/app A=b A-", "set env deploy --all Q=1 --dry-run=client", "set env pods/p1 A=b",
        "set env pods/p1 --list", "set env deploy/app B=9 --overwrite=false", "set env deploy/app --from=cm/nope",
        "set env deploy/app --from=deploy/app", "echo X=7 | KUBECTL -n SIDE set env deploy/app -",
        "set env cj/cj K=v", "set env cronjob/cj --list",
        "set resources deploy/app --limits=cpu=1,memory=1Gi --requests=cpu=500m",
        "set resources deploy/app --limits=cpu=1,memory=1Gi --requests=cpu=500m",
        "set resources deploy/app -c=side --limits=cpu=2", "set resources deploy/app",
        "set resources deploy/app --limits=cpu", "set resources deploy/app --limits=cpu=x",
        "set resources deploy/app --requests=cpu=9",
        "set resources deploy/app --limits=cpu=0 --dry-run=client -o yaml", "set selector svc/nope a=b",
        "create service clusterip s1 --tcp=80", "set selector svc s1 a=b", "set selector svc/s1 a=b",
        "set selector svc/s1 a=b c=d --dry-run=client", "set selector svc/s1", "set selector deploy/app a=b",
        "set selector svc/s1 bad", "set selector svc s1 a=b -o yaml --dry-run=client",
        "set serviceaccount deploy/app sa", "set sa deploy app sa", "set serviceaccount deploy app",
        "set serviceaccount deploy/app sb --dry-run=client", "set serviceaccount cm/settings sb",
        "set serviceaccount deploy --all sc", "set subject rolebinding rb --user=v",
        "set subject rolebinding rb --user=v", "set subject rolebinding rb --group=g --serviceaccount=SIDE:sa",
        "set subject rolebinding rb", "set subject rolebinding rb --serviceaccount=bad",
        "set subject rolebinding nope --user=v", "set subject rolebinding rb --user=w --dry-run=client -o name",
        "set subject deploy app --user=w", "set last-applied", "rollout status", "rollout status deploy/nope",
        "rollout status deploy/app --timeout=1s", "rollout status deploy --watch=false", "rollout status cj/cj",
        "rollout status deploy/app --revision=7 --watch=false", "rollout history", "rollout history deploy",
        "rollout history deploy/app", "rollout history deploy/app --revision=1",
        "rollout history deploy/app --revision=9", "rollout history sts/db", "rollout history ds/ds",
        "rollout history deploy/app -o yaml", "rollout history cj/cj", "rollout undo deploy/app",
        "rollout undo deploy/app --to-revision=9", "rollout undo sts/db", "rollout undo ds/ds --dry-run=client",
        "rollout undo", "rollout pause deploy/app", "rollout undo deploy/app", "rollout pause deploy/app",
        "rollout status deploy/app --timeout=1s", "rollout resume deploy/app", "rollout resume deploy/app",
        "rollout pause sts/db", "rollout resume", "rollout pause deploy/app -o name --dry-run=client", "wait",
        "wait pod/p1", "wait pod/p1 --for=nope", "wait pod/p1 --for=condition=Ready --timeout=1s",
        "wait pod/p1 --for=jsonpath='{.status.phase}'=Pending", "wait pod/p1 --for=jsonpath='{.metadata.name}'",
        "wait pod/p1 --for=jsonpath='{.status' ", "wait pod/p1 --for=jsonpath=", "wait pod/p1 --for=create",
        "wait pod/later --for=create --timeout=1s", "wait pod/p1 --for=delete --timeout=0",
        "wait pod/nope --for=condition=Ready", "wait pod/p1 cm/settings --for=create", "wait nope/x --for=create",
        "wait pod/p1 --for=condition= --timeout=1s", "wait --for=delete pods -l app=none",
        "wait pod/p1 --for=jsonpath='{.metadata.labels.app}'=p -o yaml | grep -c name",
        "wait pod/p1 --for=jsonpath='{.metadata.labels.app}'=p -o name", "apply -k d", "apply -k k -f f.yaml",
        "create nope", "debug", "debug p1", "debug nope --image=x", "debug p1 --image=busybox --copy-to=p1",
        "debug p1 --image=busybox --profile=nope", "debug p1 -it", "debug p1 --image=x --target=nope -c p1",
        "debug p1 --set-image=p1=x", "debug cm/settings --image=x", "debug p1 --image=x --replace",
        "debug p1 --image=x --env=bad --copy-to=x", "debug p1 --image=x --image-pull-policy=Nope",
        "debug -f /nope --image=x", "debug p1 a", "debug p1 --image=x --share-processes=false",
        "debug p1 --image=busybox -c dbg2 --target=p1 --profile=general --env=A=b --image-pull-policy=Never -- sleep 5",
        "debug p1 --image=busybox -c dbg3 --profile=restricted -q",
        "debug p1 --image=busybox -c dbg4 --profile=netadmin", "debug p1 --image=busybox -c dbg5 --profile=sysadmin",
        "debug p1 --image=busybox -c dbg6 --profile=baseline", "debug p1 --image=busybox -c dbg7 --profile=legacy",
        "get pod p1 -o yaml", "debug p1 --image=busybox --copy-to=copy1 -c dbg",
        "debug p1 --image=busybox --copy-to=copy2 -c dbg --share-processes",
        "debug p1 --copy-to=copy3 --set-image='*=httpd'",
        "debug p1 --copy-to=copy4 --container=p1 --image=alpine -- sh",
        "debug p1 --copy-to=copy5 --same-node --keep-labels --keep-annotations --keep-liveness --image=x -c d",
        "debug pod/p1 pod/local --image=x --copy-to=c7 -c d", "get pod copy1 -o yaml", "get pod copy2 -o yaml",
        "get pod copy3 -o yaml", "get pod copy4 -o yaml", "get pod copy5 -o yaml",
    ]

    /// The same, on what is left of it.
    static let second = [
        "create clusterrole", "create clusterrole c", "create clusterrole c --verb=get",
        "create clusterrole c --verb=get --resource=nope", "create clusterrole c --aggregation-rule=a=b --verb=get",
        "create clusterrole c --verb=get --non-resource-url=x", "create clusterrole c --resource=pods",
        "create clusterrole a b --verb=get --resource=pods", "create clusterrolebinding b",
        "create clusterrolebinding", "create role r", "create role r --verb=get",
        "create role r --verb=get --resource=nope", "create rolebinding b",
        "create rolebinding b --role=a --clusterrole=b", "create rolebinding b --role=a --serviceaccount=x",
        "create configmap", "create configmap c --from-file=nope", "create configmap c --from-literal=ab",
        "create configmap c --from-literal==b", "create configmap c --from-literal=a=b --from-literal=a=c",
        "create configmap c --from-file=a=b=c", "create configmap c --from-file=x/y=f.yaml",
        "create configmap c --from-file=a=d", "create configmap a b", "create configmap c --from-file==f.yaml",
        "create configmap 'B@D'", "create secret generic", "create secret generic s --from-file=nope",
        "create secret tls t", "create secret tls t --cert=nope --key=nope", "create secret docker-registry r",
        "create secret docker-registry r --docker-username=u", "create secret nope",
        "create secret generic s --type=kubernetes.io/tls", "create cronjob c", "create cronjob c --image=x",
        "create cronjob c --image=x --schedule=x", "create cronjob c --image=x --schedule='* * * * *' --restart=Nope",
        "create job", "create job j", "create job j --from=cj/nope", "create job j --from=deploy/app",
        "create job j --image=x --from=cj/cj", "create job j --from=cj/cj -- a", "create deployment",
        "create deployment d", "create deployment d --image=x --image=y -- a",
        "create deployment d --image=x --replicas=-2", "create deployment D --image=x",
        "create deployment d --image=x --port=99999", "create ingress i", "create ingress i --rule=x",
        "create ingress i --rule=a=b", "create ingress i --annotation=a --rule=a/b=c:80",
        "create ingress i --default-backend=x", "create pdb p", "create pdb p --selector=a=b",
        "create pdb p --selector=a=b --min-available=1 --max-unavailable=1", "create pdb",
        "create pdb p --min-available=1", "create pdb p --selector=a=b --min-available=x", "create priorityclass",
        "create pc p --value=x", "create pc p --preemption-policy=Nope --value=1", "create quota",
        "create quota q --hard=x", "create quota q --hard=cpu=x", "create quota q --scopes=Nope",
        "create service clusterip", "create service clusterip s", "create service clusterip s --tcp=x",
        "create service nodeport s", "create service nodeport s --tcp=80 --node-port=1",
        "create service externalname s", "create service nope s", "create service clusterip s --tcp=99999",
        "create service loadbalancer", "create token", "create token nope", "create sa", "create namespace",
        "create namespace B_D", "run", "run p", "run p --image=x --restart=Nope", "run p --image=x --rm",
        "run p --image=X", "run p --image=x --expose", "run p --image=x --env=bad", "run p --image=x --overrides=x",
        "run p --image=x -l a", "run p --image=x --dry-run=nope", "run p --image=x --image-pull-policy=Nope",
        "run p --image=x --attach=false --rm", "label", "label po", "label po p1", "label po p1 a",
        "label po p1 a=b=c", "label po p1 'a=b c'", "label po p1 'a b=c'", "label po -l app=none x=y",
        "label po p1 app=q", "label po p1 nope-", "label po p1 a=b --resource-version=1", "label nope x a=b",
        "label po p1 a=b a-", "label po p1 --list", "label po,cm --all --list", "label -f f.yaml a=b",
        "label po p1 a=b --dry-run=server -o yaml | head -5", "annotate", "annotate po p1", "annotate po p1 a",
        "annotate po p1 =b", "annotate po p1 a=b a-", "annotate po p1 --list", "annotate cm settings 'a b=c'",
        "annotate cm settings nope-", "scale", "scale deploy", "scale deploy app", "scale deploy app --replicas=-1",
        "scale cm settings --replicas=1", "scale deploy nope --replicas=1",
        "scale deploy app --replicas=2 --dry-run=server", "scale --replicas=1 -f f.yaml",
        "scale job nope --replicas=1", "scale ds ds --replicas=1", "patch", "patch deploy", "patch deploy app",
        "patch deploy app -p ''", "patch deploy app -p '{'", "patch deploy app -p '{}'",
        "patch deploy app --type=nope -p '{}'",
        #"patch deploy app --type=json -p '[{"op":"replace","path":"/spec/replicas","value":4}]' --dry-run=server"#,
        "patch deploy app --type=json -p '{}'", #"patch deploy app --type=json -p '[{"op":"nope"}]'"#,
        #"patch deploy app --type=json -p '[{"op":"remove","path":"/nope"}]'"#, "patch deploy app --patch-file=nope",
        "patch deploy app --patch-file=f.yaml --dry-run=server",
        #"patch deploy app --subresource=scale --type=merge -p '{"spec":{"replicas":2}}' --dry-run=server"#,
        #"patch deploy nope -p '{"a":1}'"#, "patch -f f.yaml -p '{}'", #"patch cm settings -p '{"data":{"x":1}}'"#,
        "replace", "replace -f f.yaml", "replace -f nope", "replace --force -f /nope", "replace --raw=/x -f f.yaml",
        "delete", "delete pod", "delete pod p1 --all", "delete pod p1 -l a=b", "delete pod p1 --now --grace-period=5",
        "delete pod p1 --force --grace-period=5", "delete pod p1 --cascade=nope",
        "delete pod p1 --cascade=orphan --dry-run=server", "delete -f f.yaml", "delete -f nope", "delete nope x",
        "delete pods --field-selector metadata.name=nope", "delete po nope --ignore-not-found", "delete --raw /x y",
        "delete pod p1 --wait=x", "delete po -l 'a=('", "apply", "apply -f f.yaml", "apply -f nope", "apply -f d",
        "apply -f - --server-side --force-conflicts", "apply --prune -f -", "apply --prune --all -l a=b -f -",
        "apply x", "apply -f f.yaml --validate=nope", "apply --force --server-side -f f.yaml",
        "apply view-last-applied", "apply view-last-applied cm settings",
        "apply view-last-applied cm/settings -o json", "apply view-last-applied cm nope",
        "apply view-last-applied -l app=app deploy", "apply view-last-applied cm settings -o nope",
        "apply set-last-applied", "apply set-last-applied -f f.yaml", "apply edit-last-applied",
        "apply edit-last-applied cm nope", "config use-context nope", "config rename-context a b",
        "config delete-context nope", "config delete-cluster nope", "config delete-user nope",
        "config set-context c --cluster=x --user=y --kubeconfig=kc2",
    ]

    /// What changes nothing.
    static let reads = [
        "events", "events --for pod/p1", "events --for=deploy/app", "events --for=deployment.apps/app",
        "events --for nope", "events --for nope/x", "events --types=Warning", "events --types=Nope",
        "events --types=warning,normal", "events -o yaml | grep -c reason", "events --no-headers",
        "events --for pod/zzz", "events --chunk-size=1", "events x", "top pod", "top pods", "top pod p1",
        "top pod -l app=p", "top pod --containers", "top pod --sort-by=cpu", "top pod --sort-by=nope", "top node",
        "top nodes", "top node node-SIDE", "top pod p1 -l a=b", "top pod p1 --sort-by=cpu", "top node x y",
        "top nope", "top pod --sum", "top node --no-headers", "cp", "cp a", "cp a b", "cp a b c", "cp p1:/x p1:/y",
        "cp nope:/x /tmp/none/x", "cp /nope p1:/x", "cp p1:/x ./x -c nope", "cp p1:/x ./x", "cp p1: .",
        "cp f.yaml p1:", "cp SIDE/p1:/x -c c", "cp f.yaml :/x", "attach", "attach nope", "attach p1",
        "attach p1 -c nope", "attach deploy/nope", "attach cm/settings", "exec p1", "exec p1 -c nope -- true",
        "exec nope -- true", "exec p1 -it", "exec cm/settings -- true", "exec p1 true",
        "port-forward", "port-forward p1", "port-forward nope 80", "port-forward p1 bad", "port-forward p1 1:2:3",
        "port-forward svc/nope 80", "port-forward p1 99999",
        "port-forward p1 80 --address=nope", "port-forward cm/settings 80", "logs p1",
        "logs -l app=none", "logs p1 -c nope", "logs p1 --since=1h --since-time=2020-01-01T00:00:00Z",
        "logs p1 --tail=-5", "logs cm/settings", "logs p1 a b", "logs --all-containers", "logs p1 --previous",
        "logs p1 --limit-bytes=-1", "logs p1 --since-time=x", "logs p1 --since=x", "logs deploy/nope",
        "logs p1 -c p1 --all-containers", "proxy --port=x", "proxy --unix-socket=/nope/x",
        "port-forward p1 80:80 --pod-running-timeout=1s", "explain", "explain pods --recursive",
        "explain deploy --recursive", "explain deploy.spec.template.spec --recursive | wc -l",
        "explain cronjobs --api-version=batch/v1", "explain pods --api-version=v2",
        "explain pods.spec.containers --output=plaintext", "explain pods --output=nope", "explain nope",
        "explain pods a", "explain pods.spec.containers.env", "explain pods.metadata.labels",
        "explain pods.spec.containers.env.name.x", "explain hpa", "explain ing.spec.rules.http",
        "explain crd.spec --recursive | head -50", "explain secrets --recursive",
        "explain pods.spec.affinity --recursive", "explain nodes.status.conditions", "explain events",
        "explain events.v1.events.k8s.io", "explain deployments.v1.apps", "explain endpointslice",
        "explain --api-version=apps/v1 deploy", "explain cm.data", "explain pods.spec.volumes.projected.sources",
        "api-resources --namespaced=false", "api-resources --namespaced=true --no-headers", "api-resources -o name",
        "api-resources --verbs=list,get -o name", "api-resources --verbs=nope", "api-resources --api-group=apps",
        "api-resources --api-group=''", "api-resources --api-group=nope", "api-resources --sort-by=name",
        "api-resources --sort-by=kind", "api-resources --sort-by=x", "api-resources --categories=all",
        "api-resources --categories=api-extensions -o wide", "api-resources -o json",
        "api-resources -o yaml | head -20", "api-resources x", "api-resources --cached", "api-resources -o nope",
        "api-versions x", "kustomize d", "kustomize nope", "KUBECTL kustomize k -o out.yaml && cat out.yaml",
        "kustomize k --enable-helm | head -3", "apply -k k --dry-run=client", "get -k k",
        "delete -k k --dry-run=client", "create -k k --dry-run=client -o name", "cluster-info x", "plugin list",
        "plugin x", "completion", "completion nope", "completion bash zsh", "KUBECTL __complete get po 2>/dev/null",
        "KUBECTL __complete get pods '' -n SIDE 2>/dev/null", "KUBECTL __complete rollout ''",
        "KUBECTL __complete get -o ''", "KUBECTL __complete config use-context ''",
        "KUBECTL __complete -n SIDE set image deploy/", "KUBECTL __complete -n SIDE describe deploy a", "nope",
        "get pods --nope", "get pods -Z", "auth", "auth can-i", "auth can-i get", "auth can-i get pods/log",
        "auth can-i get pods --subresource=log", "auth can-i '*' '*'", "auth can-i get /healthz",
        "auth can-i use nope", "auth can-i create pods --as=nobody -q", "auth can-i --list --as=nobody",
        "auth can-i get pods p1", "auth can-i get pods/p1", "auth whoami -o yaml", "auth whoami x",
        "auth can-i list nodes -n SIDE", "auth can-i get nope.example.com",
        "create clusterrole c --verb=get,list --resource=pods,deployments.apps --dry-run=client -o yaml",
        "create clusterrole c --verb=get --resource=pods --resource-name=a --resource-name=b --dry-run=client -o yaml",
        "create clusterrole c --verb=get --non-resource-url=/logs/* --dry-run=client -o yaml",
        "create clusterrole c --aggregation-rule=a=b,c=d --dry-run=client -o yaml",
        "create clusterrole c --verb=get --resource=pods/status --dry-run=client -o yaml",
        "create clusterrole c --verb='*' --resource='*' --dry-run=client -o yaml",
        "create clusterrolebinding b --clusterrole=view --user=u --user=v --group=g --serviceaccount=a:b --dry-run=client -o yaml",
        "create role r --verb=get --verb=list --resource=pods --resource=services --dry-run=client -o yaml",
        "create role r --verb=get --resource=pods --resource-name=x --dry-run=client -o yaml",
        "create role r --verb=get,watch --resource=rs.apps/scale --dry-run=client -o yaml",
        "create rolebinding b --clusterrole=view --group=g --dry-run=client -o yaml",
        "create rolebinding b --role=x --serviceaccount=a:b --dry-run=client -o yaml",
        "create configmap c --from-file=d --dry-run=client -o yaml",
        "create configmap c --from-file=k1=f.yaml --from-literal=a=b --dry-run=client -o yaml",
        "create cm c --from-literal=a=b --append-hash --dry-run=client -o yaml",
        "create configmap c --from-file=f.yaml --from-file=d/x --dry-run=client -o yaml",
        "create configmap c --dry-run=client -o yaml",
        "create configmap c --from-file=empty --dry-run=client -o yaml",
        "create secret generic s --from-file=d --dry-run=client -o yaml",
        "create secret generic s --from-literal=a=b --type=x/y --dry-run=client -o yaml",
        "create secret docker-registry r --docker-server=s --docker-username=u --docker-password=p --docker-email=e --dry-run=client -o yaml",
        "create secret generic s --dry-run=client -o yaml",
        "create cronjob c --image=x --schedule='*/5 * * * *' --restart=Never -- a b --dry-run=client -o yaml",
        "create cronjob c --image=x --schedule='@daily' --dry-run=client -o yaml",
        "create job j --image=x --dry-run=client -o yaml",
        "create job j --image=x -- a 'b c' --dry-run=client -o yaml",
        "create job j --from=cronjob/cj --dry-run=client -o yaml",
        "create job j --from=cj/cj --dry-run=client -o yaml",
        "create deployment d --image=x:1 --image=y/z:2 --replicas=3 --dry-run=client -o yaml",
        "create deployment d --image=x --port=80 --dry-run=client -o yaml",
        "create deployment d --image=x -- sleep 5 --dry-run=client -o yaml",
        "create deploy d --image=a@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa --dry-run=client -o yaml",
        "create ingress i --rule=a.com/x=s:80 --dry-run=client -o yaml",
        "create ingress i --class=c --rule='a.com/*=s:http,tls' --rule=/y=s2:8080 --annotation a=b --annotation c=d --dry-run=client -o yaml",
        "create ingress i --default-backend=s:80 --dry-run=client -o yaml",
        "create ing i --rule='*/=s:80' --dry-run=client -o yaml",
        "create ingress i --class=c --rule='a.com/x*=s:80,tls=sec' --rule='b.com/=s:80,tls=sec2' --dry-run=client -o yaml",
        "create namespace n --dry-run=client -o yaml", "create ns n --dry-run=client -o yaml",
        "create pdb p --selector=a=b --max-unavailable=1 --dry-run=client -o yaml",
        "create poddisruptionbudget p --selector=a=b,c=d --min-available=50% --dry-run=client -o yaml",
        "create priorityclass p --value=5 --dry-run=client -o yaml",
        "create pc p --value=5 --global-default --description=x --preemption-policy=Never --dry-run=client -o yaml",
        "create quota q --dry-run=client -o yaml",
        "create quota q --hard=cpu=1,pods=2 --scopes=BestEffort --dry-run=client -o yaml",
        "create resourcequota q --hard=requests.storage=5Gi --dry-run=client -o yaml",
        "create service clusterip s --tcp=80:8080 --tcp=90 --dry-run=client -o yaml",
        "create service clusterip s --clusterip=None --dry-run=client -o yaml",
        "create service clusterip s --tcp=80 --clusterip=10.96.3.3 --dry-run=client -o yaml",
        "create service nodeport s --tcp=80 --node-port=30111 --dry-run=client -o yaml",
        "create service loadbalancer s --tcp=80:http --dry-run=client -o yaml",
        "create svc externalname s --external-name=a.b --dry-run=client -o yaml",
        "create service externalname s --external-name=a.b --tcp=80 --dry-run=client -o yaml",
        "create serviceaccount s --dry-run=client -o yaml", "create sa s --dry-run=client -o yaml",
        "run p --image=x --dry-run=client -o yaml",
        "run p --image=x --port=80 --env=A=b --env=C=d --labels=a=b,c=d --annotations=x=y --dry-run=client -o yaml",
        "run p --image=x --image-pull-policy=Never --privileged --dry-run=client -o yaml",
        #"run p --image=x --overrides='{"spec":{"nodeName":"n"}}' --dry-run=client -o yaml"#,
        "run p --image=x --expose --port=80 --dry-run=client -o yaml",
        "run p --image=x -it --rm=false --dry-run=client -o yaml",
        #"run p --image=x --overrides='[{"op":"add","path":"/spec/nodeName","value":"n"}]' --override-type=json --dry-run=client -o yaml"#,
        "expose deploy app --port=80 --dry-run=client -o yaml",
        "expose deploy app --port=80 --target-port=http --name=x --type=LoadBalancer --protocol=UDP --dry-run=client -o yaml",
        "expose pod p1 --port=5 --selector=a=b --labels=c=d --dry-run=client -o yaml",
        "expose deploy app --dry-run=client -o yaml", "expose svc nope --port=80 --dry-run=client -o yaml",
        "expose deploy app --port=80 --cluster-ip=None --session-affinity=ClientIP --external-ip=1.2.3.4 --load-balancer-ip=5.6.7.8 --dry-run=client -o yaml",
        "expose rs nope --dry-run=client -o yaml", "expose cm settings --port=1 --dry-run=client -o yaml",
        "autoscale deploy app --min=2 --max=5 --cpu-percent=50 --dry-run=client -o yaml",
        "autoscale deploy app --max=5 --cpu=70% --memory=1Gi --dry-run=client -o yaml",
        "autoscale deploy app --max=5 --name=x --dry-run=client -o yaml",
        "autoscale cm settings --max=5 --dry-run=client -o yaml",
        "autoscale deploy app --min=6 --max=5 --dry-run=client -o yaml",
        "autoscale deploy app --dry-run=client -o yaml",
        "create clusterrole c --verb=nope --resource=pods --dry-run=client",
        "create clusterrole c --verb=use --resource=pods --dry-run=client",
        "create service clusterip s --tcp=80 --clusterip=None --dry-run=client -o name",
        "run p --image=x -it --quiet --dry-run=client", #"get pod p1 -o jsonpath='{.metadata.name}{"\n"}{.nope}'"#,
        "get pod p1 -o jsonpath='{.nope'", "get pod p1 -o jsonpath",
        #"get pods -o jsonpath='{range .items[*]}{.metadata.name}{"\t"}{.spec.containers[*].image}{"\n"}{end}'"#,
        #"get pods -o jsonpath='{.items[?(@.metadata.name=="p1")].spec.containers[0].image}'"#,
        "get pods -o jsonpath-as-json='{.items[*].metadata.labels}'",
        "get pod p1 -o go-template='{{.metadata.name}}'", "get pod p1 -o go-template='{{.nope.x}}'",
        "get pod p1 -o go-template='{{'", "get pod p1 -o custom-columns", "get pod p1 -o custom-columns=A",
        "get pod p1 -o custom-columns=A:.metadata.name,B:.spec.containers[*].name,C:'{.status.phase}'",
        "get pods,cm,secrets -o name", "get pods,cm", "get pod/p1 cm/settings", "get pod/p1 cm/settings -o yaml",
        "get pod/p1 nope/x", "get pod p1 p2", "get pods p1 -l a=b", "get po -l 'app in (p,q)'",
        "get po -l 'app notin (p)' ", "get po -l '!app'", "get po -l 'a=('",
        "get po --field-selector status.phase=Pending", "get po --field-selector nope=x",
        "get po --field-selector 'a'", "get deploy app --subresource=scale",
        "get deploy app --subresource=status -o name", "get deploy app --subresource=nope",
        "get po --sort-by=.spec.nope",
        "get po --show-kind", "get po --show-kind --no-headers", "get po --show-labels", "get po -L app,nope",
        "get po --output-watch-events", "get po --chunk-size=1", "get po --limit=1", "get po p1 --v=0",
        "get --raw /nope", "get --raw api", "get pods.v1.", "get pods.v1", "get deployments.v1.apps",
        "get deployments.apps/app", "get deploy/app/x", "get deploy/", "get /app", "get deploy,", "get ,",
        "get pods --all-namespaces p1", "get cs", "get componentstatuses --no-headers", "get po -o wide --no-headers",
        "get deploy app -o json | head -5", "get po -owide", "get po -oname", "get po --server-print=false",
        "get deploy --server-print=false", "get po p1 -o=yaml --show-managed-fields | grep -c managedFields",
        "get po --ignore-not-found nope", "get nope --ignore-not-found", "get po -o kyaml | head -20", "describe",
        "describe nope", "describe cm", "describe deploy,cm", "describe deploy/app cm/settings", "describe sts db",
        "describe ds ds", "describe cj cj", "describe rolebinding rb", "describe netpol",
        "describe lease -n kube-system nope", "describe priorityclass system-node-critical",
        "describe clusterrolebinding cluster-admin", "describe endpointslices", "describe ep",
        "label po --all x=y --dry-run=client", "label po p1 app=q --overwrite --dry-run=client",
        "annotate po p1 a=b --dry-run=client", "annotate po --all a=b --dry-run=client -o name",
        "scale deploy --all --replicas=2 --dry-run=client", "scale deploy/app sts/db --replicas=2 --dry-run=client",
        "scale deploy app --replicas=3 --current-replicas=2 --dry-run=client",
        "patch deploy app --type=merge -p 'spec: {replicas: 5}' --dry-run=client",
        #"patch cm settings -p '{"data":{"x":"1"}}' --dry-run=client -o yaml"#, "delete pod --all --dry-run=client",
        "delete pod p1 --grace-period=0 --dry-run=client", "delete pod p1 --grace-period=-5 --dry-run=client",
        "delete pod/p1 cm/settings --dry-run=client", "delete pod p1 -o yaml --dry-run=client",
        "delete pod p1 -o name --dry-run=client", "apply --dry-run=client --server-side -f f.yaml", "diff",
        "diff -f nope", "diff x", "edit", "edit nope x", "edit cm nope",
        "KUBE_EDITOR=true KUBECTL -n SIDE edit cm settings", "config view -o json", "config view --minify",
        "config view --raw | wc -l", "config view --flatten | wc -l", "config view -o jsonpath='{.current-context}'",
        "config get-contexts -o name", "config get-contexts nope", "config get-contexts --no-headers",
        "config get-clusters", "config get-users", "config current-context x", "config nope",
        "KUBECTL --kubeconfig=/nope get pods", "KUBECTL --context=nope get pods",
        "KUBECTL --cluster=nope get pods", "KUBECTL --user=nope get pods", "KUBECTL --token=bad get pods",
        "KUBECTL --as=nobody get pods", "KUBECTL --as=nobody --as-group=system:masters get ns default",
        "KUBECTL -n nope get pods", "KUBECTL get pods -n", "KUBECTL --nope", "KUBECTL get --help | tail -4",
        "KUBECTL getpods", "KUBECTL gte pods", "KUBECTL version --output=yaml --client | tail -1",
    ]
}
