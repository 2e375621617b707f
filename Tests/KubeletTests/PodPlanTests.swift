import JSON
import KubeModel
import Testing

@testable import Kubelet

@Suite("what is to be done for a pod")
struct PodPlanTests {
    private static let two: JSON = ["containers": [["name": "a", "image": "x"], ["name": "b", "image": "x"]]]

    private func pod(_ spec: JSON) -> PodSpec {
        PodSpec(["metadata": ["name": "p", "namespace": "default", "uid": "u"], "spec": spec])
    }

    private func container(
        _ name: String, _ phase: ObservedContainer.Phase, attempt: Int = 0, exitCode: Int = 0, sandbox: String = "s0",
        finished: Double? = nil
    ) -> ObservedContainer {
        var container = ObservedContainer()
        container.id = "\(name)\(attempt)"
        container.name = name
        container.attempt = attempt
        container.phase = phase
        container.exitCode = exitCode
        container.sandbox = sandbox
        container.startedAt = 1
        container.finishedAt = phase == .exited ? finished ?? 2 : nil
        container.hash = PodSpec.hash(["image": "x"])
        return container
    }

    private func situation(
        _ spec: JSON, _ containers: [ObservedContainer] = [], sandbox: ObservedContainer.Phase? = .running
    ) -> PodSituation {
        var situation = PodSituation(pod: pod(spec))
        if let sandbox {
            var own = container("POD", sandbox, sandbox: "")
            own.id = "s0"
            situation.sandbox = own
        }
        for own in containers { situation.containers[own.name, default: []].append(own) }
        situation.now = 1_000
        return situation
    }

    @Test("without a sandbox one is made; its containers wait for it")
    func sandbox() {
        #expect(PodPlan.actions(for: situation(Self.two, sandbox: nil)) == [.makeSandbox(attempt: 0)])
        let lost = situation(Self.two, [container("a", .exited), container("b", .exited)], sandbox: .exited)
        #expect(PodPlan.actions(for: lost) == [.makeSandbox(attempt: 1)])
    }

    @Test("a sandbox is not made anew for a pod that has done its work")
    func noSandbox() {
        var spec = Self.two
        spec["restartPolicy"] = "OnFailure"
        let done = [container("a", .exited), container("b", .exited)]
        #expect(PodPlan.actions(for: situation(spec, done, sandbox: .exited)) == [.endPod])
        spec["restartPolicy"] = "Never"
        #expect(PodPlan.actions(for: situation(spec, [container("a", .exited)], sandbox: .exited)) == [.endPod])
    }

    @Test("containers that aren't there are started, those that run are let be")
    func start() {
        #expect(PodPlan.actions(for: situation(Self.two)) == [.start("a"), .start("b")])
        #expect(PodPlan.actions(for: situation(Self.two, [container("a", .running)])) == [.start("b")])
        let both = [container("a", .running), container("b", .running)]
        #expect(PodPlan.actions(for: situation(Self.two, both)).isEmpty)
    }

    @Test(
        "what ended is started again as its policy says",
        arguments: [
            ("Always", 0, true), ("Always", 1, true), ("OnFailure", 0, false), ("OnFailure", 1, true),
            ("Never", 0, false), ("Never", 1, false),
        ])
    func policy(_ policy: String, _ exitCode: Int, _ isStarted: Bool) {
        var spec = Self.two
        spec["restartPolicy"] = .string(policy)
        let now = situation(spec, [container("a", .exited, exitCode: exitCode), container("b", .running)])
        #expect(PodPlan.actions(for: now) == (isStarted ? [.start("a")] : []))
    }

    @Test("a container's own rules come before its pod's policy")
    func rules() {
        let container: JSON = [
            "name": "a", "restartPolicy": "Never",
            "restartPolicyRules": [["action": "Restart", "exitCodes": ["operator": "In", "values": [42]]]],
        ]
        #expect(pod([:]).restarts(container, exitCode: 42, isInit: false))
        #expect(!pod([:]).restarts(container, exitCode: 1, isInit: false))
    }

    @Test("a failed container waits twice as long each time, and no longer than five minutes")
    func backOff() {
        var now = situation(Self.two, [container("a", .exited, exitCode: 1, finished: 995), container("b", .running)])
        let key = PodSituation.backOffKey(["name": "a", "image": "x"])
        now.backOff.next(key, after: 990, now: 991)
        #expect(PodPlan.actions(for: now) == [.wait("a", until: 1_005, delay: 10)])
        now.backOff.next(key, after: 995, now: 1_000)
        #expect(PodPlan.actions(for: now) == [.wait("a", until: 1_015, delay: 20)])
        for _ in 0..<9 { now.backOff.next(key, after: 995, now: 1_000) }
        #expect(now.backOff.delay(key) == 300)
        now.now = 2_000
        #expect(PodPlan.actions(for: now) == [.start("a")])
        // Ten minutes without a failure, and all is forgotten.
        now.backOff.next(key, after: 1_700, now: 1_700)
        #expect(now.backOff.delay(key) == 10)
    }

    @Test("one whose definition was changed is started at once")
    func changed() {
        var now = situation(
            Self.two, [container("a", .exited, exitCode: 137, finished: 999), container("b", .running)])
        now.backOff.next(PodSituation.backOffKey(["name": "a", "image": "y"]), after: 990, now: 991)
        now.replaced = ["a0"]
        #expect(PodPlan.actions(for: now) == [.start("a")])
    }

    @Test("one that fails its liveness probe again and again waits as one that ends by itself does")
    func replaced() {
        let key = PodSituation.backOffKey(["name": "a", "image": "x"])
        func ended(_ attempts: Int...) -> PodSituation {
            var now = situation(
                Self.two,
                attempts.map { container("a", .exited, attempt: $0, exitCode: 137, finished: 990 + Double($0) * 4) }
                    + [container("b", .running)])
            now.replaced = Set(attempts.map { "a\($0)" })
            return now
        }
        let first = ended(0)
        #expect(PodPlan.actions(for: first) == [.start("a")])
        #expect(first.failure(["name": "a", "image": "x"]) == nil)
        var second = ended(0, 1)
        #expect(PodPlan.actions(for: second) == [.start("a")])
        #expect(second.failure(["name": "a", "image": "x"]) == 990)
        second.backOff.next(key, after: 990, now: 994)
        var third = ended(1, 2)
        third.backOff = second.backOff
        #expect(PodPlan.actions(for: third) == [.wait("a", until: 1_008, delay: 10)])
    }

    @Test("failing probes and changed images end a container")
    func kills() {
        var now = situation(Self.two, [container("a", .running), container("b", .running)])
        now.probes["a0"] = ProbeResults(liveness: false)
        #expect(
            PodPlan.actions(for: now) == [
                .kill(
                    id: "a0", name: "a", message: "Container a failed liveness probe, will be restarted",
                    reason: .livenessProbe, restarts: true)
            ])
        now.probes["a0"] = ProbeResults(startup: false)
        now.pod = pod(["containers": Self.two["containers"], "restartPolicy": "Never"])
        #expect(
            PodPlan.actions(for: now) == [
                .kill(
                    id: "a0", name: "a", message: "Container a failed startup probe", reason: .startupProbe,
                    restarts: false)
            ])
        now.probes = [:]
        now.pod = pod(["containers": [["name": "a", "image": "y"], ["name": "b", "image": "x"]]])
        #expect(
            PodPlan.actions(for: now) == [
                .kill(
                    id: "a0", name: "a", message: "Container a definition changed, will be restarted", reason: .other,
                    restarts: true)
            ])
    }

    @Test("a pod whose containers have all ended for good is ended")
    func over() {
        var spec = Self.two
        spec["restartPolicy"] = "Never"
        let ended = [container("a", .exited), container("b", .exited, exitCode: 1)]
        #expect(PodPlan.actions(for: situation(spec, ended)) == [.endPod])
    }

    // MARK: Init containers

    private static let inits: JSON = [
        "containers": [["name": "a", "image": "x"]],
        "initContainers": [
            ["name": "i", "image": "x"], ["name": "s", "image": "x", "restartPolicy": "Always"],
            ["name": "j", "image": "x"],
        ],
    ]

    @Test("init containers come one after the other; sidecars stay")
    func inits() {
        func plan(_ containers: ObservedContainer...) -> [PodAction] {
            PodPlan.actions(for: situation(Self.inits, containers))
        }
        #expect(plan() == [.start("i")])
        #expect(plan(container("i", .running)).isEmpty)
        #expect(plan(container("i", .exited, exitCode: 1)) == [.start("i")])
        #expect(plan(container("i", .exited)) == [.start("s")])
        #expect(plan(container("i", .exited), container("s", .running)) == [.start("j")])
        #expect(
            plan(container("i", .exited), container("s", .exited, exitCode: 1), container("j", .running)) == [
                .start("s")
            ])
        #expect(plan(container("i", .exited), container("s", .running), container("j", .exited)) == [.start("a")])
        #expect(
            plan(
                container("i", .exited), container("s", .exited), container("j", .exited), container("a", .running))
                == [.start("s")])
    }

    @Test("a sidecar with a startup probe holds the next one up until it has started")
    func slowSidecar() {
        var spec = Self.inits
        spec["initContainers"] = [
            ["name": "s", "image": "x", "restartPolicy": "Always", "startupProbe": ["exec": [:]]],
            ["name": "j", "image": "x"],
        ]
        var now = situation(spec, [container("s", .running)])
        #expect(PodPlan.actions(for: now).isEmpty)
        now.probes["s0"] = ProbeResults(startup: true)
        #expect(PodPlan.actions(for: now) == [.start("j")])
    }

    @Test("with the policy Never a failed init container ends the pod")
    func failedInit() {
        var spec = Self.inits
        spec["restartPolicy"] = "Never"
        #expect(PodPlan.actions(for: situation(spec, [container("i", .exited, exitCode: 3)])) == [.endPod])
    }

    @Test("in a new sandbox init containers run again")
    func initsAgain() {
        let old = [
            container("i", .exited, sandbox: "old"), container("s", .exited, sandbox: "old"),
            container("j", .exited, sandbox: "old"), container("a", .exited, exitCode: 1, sandbox: "old"),
        ]
        #expect(PodPlan.actions(for: situation(Self.inits, old)) == [.start("i")])
    }

    @Test("ephemeral containers are started once, whatever the others do")
    func ephemeral() {
        var spec = Self.inits
        spec["ephemeralContainers"] = [["name": "debug", "image": "x"]]
        #expect(PodPlan.actions(for: situation(spec)) == [.start("debug"), .start("i")])
        #expect(PodPlan.actions(for: situation(spec, [container("debug", .exited, exitCode: 1)])) == [.start("i")])
    }
}

@Suite("counting probes' answers")
struct ProbeTallyTests {
    @Test("a result needs as many answers in a row as its threshold says")
    func thresholds() {
        var tally = ProbeTally(successes: 2, failures: 3)
        let answers = [false, false, true, false, false, false, true, true]
        #expect(answers.map { tally.take($0) } == [nil, nil, nil, nil, nil, false, nil, true])
    }
}
