import JSON
import Testing

@testable import ClusterCLI

@Suite("hako why about storage, evictions and what containers print")
struct StorageWhyTests {
    private func evicted(_ message: String, owner: JSON = .null, limit: String? = nil) -> JSON {
        let container: JSON =
            limit.map { ["resources": ["limits": ["ephemeral-storage": .string($0)]]] } ?? [:]
        var pod = Make.pod("web-1-x", container: container, owner: owner, phase: "Failed")
        pod["status"]["reason"] = "Evicted"
        pod["status"]["message"] = .string(message)
        return pod
    }

    private func why(_ object: JSON, _ kind: String, _ change: (inout Situation) -> Void = { _ in }) -> Diagnosis {
        var situation = Situation(now: 1_767_225_700)
        situation.nodes = [Make.node("n1")]
        change(&situation)
        return Why.diagnose(object, kind, situation)
    }

    @Test("a pod beyond its own limits: which limit, and how to raise it")
    func ownLimits() {
        let alone = why(evicted("Usage of EmptyDir volume \"v\" exceeds the limit \"5Mi\". "), "Pod")
        #expect(alone.cause == .evicted)
        #expect(
            alone.text == """
                pod/web-1-x was evicted: its emptyDir volume v grew beyond its sizeLimit of 5Mi. Raise the sizeLimit, or \
                have the program write less. Nothing makes another one: delete it and create it again.

                    kubectl delete pod web-1-x

                """)
        let made = Make.deployment(replicas: 1, images: ["nginx:1"])
        let message = "Pod ephemeral local storage usage exceeds the total limit of containers 5Mi. "
        let owned = why(evicted(message, owner: Make.owner("ReplicaSet", "web-1"), limit: "5Mi"), "Pod") {
            $0.deployments = [made.deployment]
            $0.replicaSets = made.sets
        }
        #expect(owned.fix.hasSuffix("Its deployment has made another one."))
        #expect(owned.command == "kubectl set resources deployment/web -c c --limits=ephemeral-storage=10Mi")
        let container = why(evicted("Container c exceeded its local ephemeral storage limit \"8Mi\". "), "Pod")
        #expect(container.finding.contains("its ephemeral-storage limit of 8Mi"))
    }

    @Test("a node short of something: whose turn it was, and what the node says")
    func nodePressure() {
        let message =
            "The node was low on resource: ephemeral-storage. Threshold quantity: 400Mi, available: 3Mi. "
            + "Container c was using 700Mi, request is 0, has larger consumption of ephemeral-storage. "
        let pod = evicted(message)
        let gone = why(pod, "Pod")
        #expect(
            gone.finding
                == "pod/web-1-x was evicted because node n1 was short of disk space; its container c used 700Mi and asked "
                + "for 0.")
        #expect(gone.command == "hako why node/n1")
        let refused = why(evicted("The node had condition: [MemoryPressure DiskPressure]. "), "Pod")
        #expect(
            refused.finding == "pod/web-1-x was refused by node n1, which is short of memory and disk space.")
        var node = Make.node("n1")
        node["status"]["conditions"] = [
            ["type": "Ready", "status": "True"],
            ["type": "DiskPressure", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"],
        ]
        let short = why(node, "Node") { $0.pods = [pod] }
        #expect(short.cause == .pressure)
        #expect(
            short.finding
                == "node/n1 is short of disk space (DiskPressure since 100s): it takes no new pods, and evicts one after "
                + "the other until it has enough. It has evicted pod/web-1-x so far.")
    }

    @Test("a pod that its node refused")
    func refused() {
        var pod = Make.pod("web", phase: "Failed")
        pod["status"]["reason"] = "OutOfcpu"
        pod["status"]["message"] =
            "Pod was rejected: Node didn't have enough resource: cpu, requested: 9000, used: 0, capacity: 2000"
        let found = why(pod, "Pod")
        #expect(found.cause == .resources)
        #expect(
            found.text == """
                pod/web was refused by node n1 (OutOfcpu): Node didn't have enough resource: cpu, requested: 9000, \
                used: 0, capacity: 2000. Nothing makes another one: ask for less, or leave the choice of the node to the \
                scheduler.

                    kubectl delete pod web

                """)
    }

    @Test("a deployment that has enough now, and whose pods are evicted again and again")
    func workload() {
        let made = Make.deployment(
            replicas: 1, images: ["nginx:1"],
            status: ["replicas": 1, "updatedReplicas": 1, "availableReplicas": 1])
        let pod = evicted(
            "Usage of EmptyDir volume \"v\" exceeds the limit \"5Mi\". ", owner: Make.owner("ReplicaSet", "web-1"))
        let found = why(made.deployment, "Deployment") {
            $0.deployments = [made.deployment]
            $0.replicaSets = made.sets
            $0.pods = [pod]
        }
        #expect(found.cause == .evicted)
        #expect(
            found.finding.hasPrefix(
                "deployment/web has 1 of 1 pods available, but one of its pods was evicted. The last: pod/web-1-x was evicted: "
            ),
            "\(found.finding)")
        #expect(found.command == "kubectl edit deployment/web")
    }

    @Test("a claim that isn't there, isn't bound, or names a class that there isn't")
    func claims() {
        var pod = Make.pod("db", node: "")
        pod["spec"]["volumes"] = [["name": "data", "persistentVolumeClaim": ["claimName": "clam"]]]
        var claim = Make.object("PersistentVolumeClaim", "claim", ["status": ["phase": "Pending"]])
        claim["spec"]["resources"]["requests"]["storage"] = "1Gi"
        let missing = why(pod, "Pod") { $0.claims = [claim] }
        #expect(
            missing.finding
                == "pod/db is Pending: its volume data wants persistentvolumeclaim/clam, which doesn't exist in namespace "
                + "default.")
        #expect(missing.fix == "persistentvolumeclaim/claim may be meant: correct the reference.")
        pod["spec"]["volumes"] = [["name": "data", "persistentVolumeClaim": ["claimName": "claim"]]]
        let unbound = why(pod, "Pod") { $0.claims = [claim] }
        #expect(
            unbound.finding
                == "pod/db is Pending: its volume data wants persistentvolumeclaim/claim, which isn't bound: no volume has "
                + "been made for it, and it names no storage class that would make one.")
        #expect(unbound.cause == .volume && unbound.nodes.isEmpty)
        claim["spec"]["storageClassName"] = "standart"
        let named = why(claim, "PersistentVolumeClaim") {
            $0.storageClasses = [Make.object("StorageClass", "standard", ["provisioner": "x"])]
        }
        #expect(
            named.finding == "persistentvolumeclaim/claim isn't bound: its storage class standart doesn't exist.")
        #expect(named.fix == "standard may be meant: make the claim anew with that class.")
        claim["status"]["phase"] = "Bound"
        #expect(why(claim, "PersistentVolumeClaim").isWell)
        #expect(why(pod, "Pod") { $0.claims = [claim] }.cause == .scheduling, "its claim is no hindrance")
    }

    @Test(
        "a name that a program looks for and that there isn't",
        arguments: [
            ("wget: bad address 'redis-master:80'", "The service redis-mastr may be meant: correct the name."),
            ("nslookup: can't resolve 'db.shop.svc.cluster.local'", "Create the service, or correct the name."),
            ("curl: (6) Could not resolve host: cache", "Name it cache.shop."),
            ("dial tcp: lookup nowhere.example.com on 10.96.0.10:53: no such host", "Correct the name, or look"),
            ("Error: getaddrinfo ENOTFOUND redis-master", "The service redis-mastr may be meant: correct the name."),
        ])
    func names(_ output: String, _ fix: String) {
        let ended: JSON = ["terminated": ["exitCode": 1]]
        let pod = Make.pod("app", state: Make.waiting("CrashLoopBackOff"), last: ended, restarts: 2)
        var elsewhere = Make.object("Service", "cache")
        elsewhere["metadata"]["namespace"] = "shop"
        let found = why(pod, "Pod") {
            $0.allServices = [Make.object("Service", "redis-mastr"), elsewhere]
            $0.outputs = ["app/c": "starting\n\(output)\n"]
        }
        #expect(found.finding.contains("It looks for "), "\(found.finding)")
        #expect(found.fix.hasPrefix(fix), "\(found.fix)")
    }

    @Test("the last line that a container printed, and a program that its image hasn't got")
    func output() {
        let ended: JSON = ["terminated": ["exitCode": 3]]
        let crashed = Make.pod("app", state: Make.waiting("CrashLoopBackOff"), last: ended, restarts: 2)
        let found = why(crashed, "Pod") { $0.outputs = ["app/c": "one\n  no database  \n\n"] }
        #expect(
            found.finding
                == "pod/app isn't Ready: its container c keeps ending with exit code 3, restarted 2 times. "
                + "Its output ends with: no database")
        let lost: JSON = [
            "terminated": [
                "exitCode": 128,
                "message":
                    "unable to start container process: exec: \"ngnix\": executable file not found in $PATH: unknown",
            ]
        ]
        let program = why(Make.pod("app", state: Make.waiting("CrashLoopBackOff"), last: lost, restarts: 1), "Pod")
        #expect(
            program.finding
                == "pod/app isn't Running: its container c can't be started, restarted 1 time: its image nginx:1.99 has no "
                + "program ngnix.")
    }

    @Test("a secret for the registry that doesn't exist comes before what the registry says")
    func pullSecret() {
        var pod = Make.pod(
            "app", container: ["image": "registry.example.com/app:1"],
            state: Make.waiting("ImagePullBackOff", "Back-off pulling image \"registry.example.com/app:1\": denied"))
        pod["spec"]["imagePullSecrets"] = [["name": "regcred"]]
        let found = why(pod, "Pod")
        #expect(
            found.finding.hasSuffix(
                "the secret regcred that the pod names for its registry doesn't exist in namespace default."))
        #expect(
            found.command
                == "kubectl create secret docker-registry regcred --docker-server=registry.example.com "
                + "--docker-username=USER --docker-password=PASSWORD")
        let known = why(pod, "Pod") { $0.secrets = [Make.object("Secret", "regcred")] }
        #expect(known.finding.contains("can't be pulled: the registry knows no such image, or not for us"))
    }
}
