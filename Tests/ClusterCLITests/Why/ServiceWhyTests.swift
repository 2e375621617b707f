import JSON
import KubeModel
import Testing

@testable import ClusterCLI

@Suite("why a service, a rollout or a drain doesn't get on")
struct ServiceWhyTests {
    private func why(_ object: JSON, _ fill: (inout Situation) -> Void) -> Diagnosis {
        var situation = Situation(now: 1_767_225_660)
        situation.nodes = [Make.node("n1")]
        fill(&situation)
        return Why.diagnose(object, object["kind"].string ?? "", situation)
    }

    private func service(_ selector: JSON, port: JSON = 80) -> JSON {
        Make.object("Service", "hello", ["spec": ["selector": selector, "ports": [["port": 80, "targetPort": port]]]])
    }

    @Test("a selector with a typo: the pod and label that are meant")
    func selector() {
        let pod = Make.pod(
            "web", state: PodWhyTests.running, ready: true, labels: ["app": "hello-server"], phase: "Running")
        let diagnosis = why(service(["app": "hello-serve"])) { $0.pods = [pod] }
        #expect(diagnosis.cause == .selector)
        #expect(
            diagnosis.finding
                == "service/hello has no endpoints: its selector app=hello-serve matches no pod in namespace default; "
                + "pod/web has app=hello-server.")
        #expect(diagnosis.command == "kubectl set selector service hello app=hello-server")
        let key = why(service(["ap": "hello-server"])) { $0.pods = [pod] }
        #expect(key.command == "kubectl set selector service hello app=hello-server")
        let nothing = why(service(["app": "other"])) { $0.pods = [pod] }
        #expect(nothing.command == "kubectl get pods --show-labels")
        #expect(why(service(["app": "hello-server"])) { $0.pods = [pod] }.isWell)
    }

    @Test("pods that aren't Ready, and ports that they don't have")
    func endpoints() {
        let sick = Make.pod("web", state: Make.waiting("ErrImagePull", "not found"), labels: ["app": "a"])
        let diagnosis = why(service(["app": "a"])) { $0.pods = [sick] }
        #expect(diagnosis.cause == .noReadyEndpoints)
        #expect(
            diagnosis.finding.hasPrefix(
                "service/hello has no ready endpoints: the one pod it selects isn't Ready. pod/web isn't Running: the image"
            ))
        let pod = Make.pod(
            "web", container: ["ports": [["name": "http", "containerPort": 8_080]]], state: PodWhyTests.running,
            ready: true, labels: ["app": "a"], phase: "Running")
        let wrong = why(service(["app": "a"], port: 80)) { $0.pods = [pod] }
        #expect(wrong.cause == .ports)
        #expect(wrong.finding == "service/hello sends to port 80, but its pods' containers declare 8080.")
        let named = why(service(["app": "a"], port: "htpp")) { $0.pods = [pod] }
        #expect(named.command.hasSuffix("\"value\":\"http\"}]'"))
        #expect(why(service(["app": "a"], port: "http")) { $0.pods = [pod] }.isWell)
    }

    @Test("a rollout that is stuck: what its new pods lack, and the way back")
    func rollout() {
        let status: JSON = [
            "replicas": 3, "updatedReplicas": 1, "availableReplicas": 2,
            "conditions": [["type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"]],
        ]
        let (deployment, sets) = Make.deployment(replicas: 3, images: ["nginx:1.27", "nginx:1.99"], status: status)
        let pod = Make.pod(
            "web-2-x", state: Make.waiting("CreateContainerConfigError", "couldn't find key k in ConfigMap default/m"),
            owner: Make.owner("ReplicaSet", "web-2"))
        let diagnosis = why(deployment) {
            ($0.deployments, $0.replicaSets, $0.pods) = ([deployment], sets, [pod])
            $0.configMaps = [Make.object("ConfigMap", "m", ["data": ["other": "1"]])]
        }
        #expect(diagnosis.cause == .rollout)
        #expect(
            diagnosis.finding
                == "the rollout of deployment/web is stuck: 1 of 3 pods are new, 2 still of before, past its progress "
                + "deadline. pod/web-2-x isn't Running: its container c takes the key k of configmap/m, which has only "
                + "other.")
        #expect(diagnosis.command == "kubectl rollout undo deployment/web")
        let (quota, quotaSets) = Make.deployment(replicas: 1, images: ["x"])
        let refused = why(quota) {
            var set = quotaSets[0]
            set["status"]["replicas"] = 0
            ($0.deployments, $0.replicaSets) = ([quota], [set])
            $0.events = [Make.event(set, "FailedCreate", "Error creating: pods \"a\" is forbidden: exceeded quota: q")]
        }
        #expect(refused.cause == .quota)
    }

    @Test("a budget that blocks a drain: how many must be there, and the smallest change")
    func budget() {
        let budget = Make.object(
            "PodDisruptionBudget", "web",
            [
                "spec": ["minAvailable": 2, "selector": ["matchLabels": ["app": "web"]]],
                "status": ["disruptionsAllowed": 0, "currentHealthy": 2, "desiredHealthy": 2, "expectedPods": 2],
            ])
        let (deployment, sets) = Make.deployment(replicas: 2, images: ["x"])
        func pod(_ name: String, ready: Bool = true) -> JSON {
            Make.pod(
                name, state: ready ? PodWhyTests.running : Make.waiting("ErrImagePull", "not found"), ready: ready,
                labels: ["app": "web"], owner: Make.owner("ReplicaSet", "web-1"), phase: "Running")
        }
        let node = Make.node("n1", spec: ["unschedulable": true])
        let diagnosis = why(node) {
            $0.nodes = [node]
            ($0.deployments, $0.replicaSets, $0.budgets) = ([deployment], sets, [budget])
            $0.pods = [pod("a"), pod("b")]
        }
        #expect(diagnosis.cause == .disruptionBudget)
        #expect(
            diagnosis.finding
                == "node/n1 is cordoned, and pod/a can't be evicted from it: the budget web (minAvailable: 2) wants 2 "
                + "healthy pods of 2, and 2 are. None may be missing.")
        #expect(diagnosis.command == "kubectl scale deployment/web --replicas=3")
        var percent = budget
        percent["spec"] = ["maxUnavailable": "10%", "selector": ["matchLabels": ["app": "web"]]]
        percent["status"]["currentHealthy"] = 1
        let sick = why(percent) {
            ($0.deployments, $0.replicaSets, $0.pods) = ([deployment], sets, [pod("a"), pod("b", ready: false)])
        }
        #expect(
            sick.finding.hasPrefix("the budget web (maxUnavailable: 10%) wants 2 healthy pods of 2, and 1 is. pod/b"))
        #expect(sick.fix.hasPrefix("Once that pod is Ready, one may be evicted."))
    }

    @Test(
        "typing mistakes are found, other words aren't taken for them",
        arguments: [
            ("prot", "port", true), ("hello-serve", "hello-server", true), ("a", "b", true), ("web", "database", false),
            ("host", "port", false), ("settings", "setings", true),
        ])
    func nearness(_ word: String, _ other: String, _ isNear: Bool) {
        #expect((NearName.of(word, among: [other]) != nil) == isNear)
    }
}
