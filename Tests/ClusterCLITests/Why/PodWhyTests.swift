import JSON
import KubeModel
import Testing

@testable import ClusterCLI

@Suite("why a pod isn't Running or Ready")
struct PodWhyTests {
    private func why(_ object: JSON, _ fill: (inout Situation) -> Void = { _ in }) -> Diagnosis {
        var situation = Situation(now: 1_767_225_660)
        situation.nodes = [Make.node("n1")]
        situation.pods = [object]
        fill(&situation)
        return Why.diagnose(object, object["kind"].string ?? "", situation)
    }

    @Test("a tag that doesn't exist: the image, and how to set another")
    func wrongTag() {
        let pod = Make.pod(
            "web",
            state: Make.waiting("ImagePullBackOff", "Back-off pulling image \"nginx:1.99\": ErrImagePull: not found"))
        let alone = why(pod)
        #expect(alone.cause == .image)
        #expect(
            alone.finding
                == "pod/web isn't Running: the image nginx:1.99 of its container c can't be pulled: the registry has no "
                + "such image or tag (ImagePullBackOff).")
        #expect(alone.command == "kubectl set image pod/web c=nginx:TAG")
        let near = why(pod) { situation in
            var node = Make.node("n1")
            node["status"]["images"] = [
                ["names": ["docker.io/library/nginx:1.27", "docker.io/library/nginx@sha256:0"]]
            ]
            situation.nodes = [node]
        }
        #expect(near.command == "kubectl set image pod/web c=nginx:1.27")
        let (deployment, sets) = Make.deployment(replicas: 1, images: ["nginx:1.27", "nginx:1.99"])
        var owned = pod
        owned["metadata"]["ownerReferences"] = Make.owner("ReplicaSet", "web-2")
        let before = why(owned) { situation in
            (situation.deployments, situation.replicaSets) = ([deployment], sets)
        }
        #expect(before.fix == "It was nginx:1.27 before this change: go back, or name a tag that exists.")
        #expect(before.command == "kubectl rollout undo deployment/web")
    }

    @Test(
        "other reasons why an image isn't there",
        arguments: [
            (
                "ErrImagePull", "pull access denied, repository does not exist or may require authorization",
                "knows no such image"
            ),
            (
                "ErrImagePull", "dial tcp: lookup registry.example on 127.0.0.53:53: no such host",
                "registry can't be reached"
            ),
            (
                "ErrImageNeverPull", "Container image \"x\" is not present with pull policy of Never",
                "pull policy is Never"
            ),
            ("InvalidImageName", "couldn't parse image name", "has no valid name"),
        ])
    func images(_ reason: String, _ message: String, _ expected: String) {
        let diagnosis = why(Make.pod("web", state: Make.waiting(reason, message)))
        #expect(diagnosis.cause == .image)
        #expect(diagnosis.finding.contains(expected))
    }

    @Test("a missing key: which keys there are, and the one that may be meant")
    func missingKey() {
        let pod = Make.pod(
            "web",
            state: Make.waiting("CreateContainerConfigError", "couldn't find key prot in ConfigMap default/settings"))
        let near = why(pod) {
            $0.configMaps = [Make.object("ConfigMap", "settings", ["data": ["port": "80", "host": "x"]])]
        }
        #expect(near.cause == .configuration)
        #expect(
            near.finding
                == "pod/web isn't Running: its container c takes the key prot of configmap/settings, which has only host, "
                + "port.")
        #expect(near.fix == "The key port may be meant: correct the reference, or add prot.")
        let far = why(pod) { $0.configMaps = [Make.object("ConfigMap", "settings")] }
        #expect(
            far.command == "kubectl patch configmap settings --type=merge -p '{\"data\":{\"prot\":\"VALUE\"}}'")
        let none = why(
            Make.pod("web", state: Make.waiting("CreateContainerConfigError", "configmap \"setings\" not found"))
        ) { $0.configMaps = [Make.object("ConfigMap", "settings")] }
        #expect(none.finding.hasSuffix("refers to configmap/setings, which doesn't exist in namespace default."))
        #expect(none.fix.hasPrefix("configmap/settings may be meant"))
        let secret = why(Make.pod("web", state: Make.waiting("CreateContainerConfigError", "secret \"s\" not found")))
        #expect(secret.command == "kubectl create secret generic s --from-literal=KEY=VALUE")
    }

    @Test("a volume that can't be made holds the pod at ContainerCreating")
    func volume() {
        let pod = Make.pod("web", state: Make.waiting("ContainerCreating"))
        let diagnosis = why(pod) {
            $0.events = [
                Make.event(
                    pod, "FailedMount", "MountVolume.SetUp failed for volume \"cfg\" : configmap \"x\" not found")
            ]
        }
        #expect(diagnosis.cause == .configuration)
        #expect(
            diagnosis.finding
                == "pod/web isn't Running: its volume cfg is made from configmap/x, which doesn't exist in namespace "
                + "default.")
    }

    static let running: JSON = ["running": ["startedAt": "2026-01-01T00:00:00Z"]]

    @Test("a readiness probe on the wrong port: the port that the container declares")
    func readiness() {
        let (deployment, sets) = Make.deployment(replicas: 1, images: ["nginx:1.99"])
        let pod = Make.pod(
            "web",
            container: [
                "ports": [["containerPort": 80]], "readinessProbe": ["httpGet": ["path": "/", "port": 8_080]],
            ],
            state: Self.running, owner: Make.owner("ReplicaSet", "web-1"), phase: "Running")
        let diagnosis = why(pod) {
            ($0.deployments, $0.replicaSets) = ([deployment], sets)
            $0.events = [
                Make.event(
                    pod, "Unhealthy",
                    "Readiness probe failed: Get \"http://10.244.0.5:8080/\": dial tcp 10.244.0.5:8080: connect: connection refused"
                )
            ]
        }
        #expect(diagnosis.cause == .readiness)
        #expect(
            diagnosis.finding
                == "pod/web is Running but not Ready: the readiness probe of its container c fails: Get "
                + "\"http://10.244.0.5:8080/\": dial tcp 10.244.0.5:8080: connect: connection refused, so no service sends it anything."
        )
        #expect(diagnosis.fix == "It asks port 8080, but the container declares 80: correct the port.")
        #expect(
            diagnosis.command
                == "kubectl patch deployment/web -p '{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"c\","
                + "\"readinessProbe\":{\"httpGet\":{\"port\":80}}}]}}}}'")
    }

    @Test("a liveness probe that kills its container")
    func liveness() {
        let pod = Make.pod(
            "web", container: ["livenessProbe": ["httpGet": ["path": "/healthz", "port": 80]]],
            state: Make.waiting("CrashLoopBackOff", "back-off"),
            last: ["terminated": ["exitCode": 137, "reason": "Error"]], restarts: 4)
        let diagnosis = why(pod) {
            $0.events = [
                Make.event(pod, "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 404"),
                Make.event(pod, "Killing", "Container c failed liveness probe, will be restarted"),
            ]
        }
        #expect(diagnosis.cause == .liveness)
        #expect(
            diagnosis.finding
                == "pod/web isn't Ready: its container c is killed because its liveness probe fails: HTTP probe failed "
                + "with statuscode: 404, restarted 4 times.")
    }

    @Test("memory over its limit")
    func outOfMemory() {
        let (deployment, sets) = Make.deployment(replicas: 1, images: ["x"])
        let pod = Make.pod(
            "web", container: ["resources": ["limits": ["memory": "100Mi"]]], state: Make.waiting("CrashLoopBackOff"),
            last: ["terminated": ["exitCode": 137, "reason": "OOMKilled"]], restarts: 1,
            owner: Make.owner("ReplicaSet", "web-1"))
        let diagnosis = why(pod) { ($0.deployments, $0.replicaSets) = ([deployment], sets) }
        #expect(diagnosis.cause == .outOfMemory)
        #expect(
            diagnosis.finding
                == "pod/web isn't Ready: its container c was killed (OOMKilled) because it needs more memory than its "
                + "limit of 100Mi, restarted 1 time.")
        #expect(diagnosis.command == "kubectl set resources deployment/web -c c --limits=memory=200Mi")
    }

    @Test("a program that ends: its exit code, and where it says why")
    func crash() {
        let diagnosis = why(
            Make.pod(
                "web", state: Make.waiting("CrashLoopBackOff"),
                last: ["terminated": ["exitCode": 1, "reason": "Error", "message": "a\nno database\n"]], restarts: 3))
        #expect(diagnosis.cause == .crash)
        #expect(
            diagnosis.finding
                == "pod/web isn't Ready: its container c keeps ending with exit code 1, restarted 3 times: no database."
        )
        #expect(diagnosis.command == "kubectl logs web -c c --previous")
    }

    @Test("a pod that is well, one that has finished, and one whose node is gone")
    func others() {
        let well = why(Make.pod("web", state: Self.running, ready: true, phase: "Running"))
        #expect(well.isWell)
        #expect(well.text == "pod/web is Running and Ready on node n1.\n")
        #expect(why(Make.pod("job", phase: "Succeeded")).cause == .finished)
        let lost = why(Make.pod("web", node: "n9", state: Self.running, ready: true, phase: "Running"))
        #expect(lost.cause == .nodeNotReady)
        var deleted = Make.pod("web")
        deleted["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        deleted["metadata"]["finalizers"] = ["example.com/x"]
        #expect(why(deleted).cause == .terminating)
    }
}
