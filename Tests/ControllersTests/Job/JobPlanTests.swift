import JSON
import KubeClient
import KubeModel
import Testing

@testable import Controllers

@Suite struct JobPlanTests {
    static let now = 1_800_000_000.0

    static func job(completions: Int? = 3, parallelism: Int = 2, indexed: Bool = false, _ more: JSON = [:]) -> JSON {
        var spec: JSON = [
            "parallelism": JSON(parallelism), "backoffLimit": 2,
            "template": ["metadata": ["labels": ["job-name": "j"]], "spec": ["containers": [["name": "c"]]]],
        ]
        if let completions { spec["completions"] = JSON(completions) }
        if indexed { spec["completionMode"] = "Indexed" }
        for (key, value) in more.object ?? JSONObject() { spec[key] = value }
        return ["apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "j", "uid": "j"], "spec": spec]
    }

    static func pod(_ name: String, _ phase: String, index: Int? = nil, code: Int = 1, failures: Int? = nil) -> JSON {
        var pod: JSON = [
            "metadata": [
                "name": .string(name), "namespace": "default", "uid": .string(name),
                "finalizers": ["batch.kubernetes.io/job-tracking"], "creationTimestamp": "2026-01-01T00:00:00Z",
            ],
            "spec": [:],
            "status": [
                "phase": .string(phase),
                "containerStatuses": [
                    [
                        "name": "c",
                        "state": ["terminated": ["exitCode": JSON(code), "finishedAt": "2026-01-01T00:00:00Z"]],
                    ]
                ],
            ],
        ]
        if let index { pod.setAnnotation(JobFacts.indexName, "\(index)") }
        if let failures { pod.setAnnotation(JobFacts.failureCount, "\(failures)") }
        return pod
    }

    static func plan(_ job: JSON, _ pods: [JSON], streak: (count: Int, last: Double) = (0, 0)) -> JobPlan {
        JobPlan(job: job, pods: pods, isGoing: { $0.isBeingDeleted }, streak: streak, now: now)
    }

    static let cases: [(JobPlan, create: Int, delete: Int)] = [
        (plan(job(), []), 2, 0),
        (plan(job(), [pod("a", "Running"), pod("b", "Succeeded")]), 1, 0),
        (plan(job(), [pod("a", "Succeeded"), pod("b", "Succeeded")]), 1, 0),
        (plan(job(completions: nil), []), 2, 0),
        (plan(job(completions: nil), [pod("a", "Succeeded"), pod("b", "Running")]), 0, 0),
        (plan(job(parallelism: 1), [pod("a", "Running"), pod("b", "Running")]), 0, 1),
        (plan(job(["suspend": true]), [pod("a", "Running"), pod("b", "Running")]), 0, 2),
        (plan(job(), [], streak: (1, now - 5)), 0, 0),
        (plan(job(), [], streak: (1, now - 11)), 2, 0),
    ]

    @Test("as many pods run as are wanted, and after a failure they wait", arguments: cases.indices)
    func change(_ index: Int) {
        let (plan, create, delete) = Self.cases[index]
        #expect(plan.change().create.count == create && plan.change().delete.count == delete)
    }

    @Test("an indexed job makes the first indexes that are missing")
    func indexed() {
        let job = Self.job(completions: 5, parallelism: 3, indexed: true)
        let plan = Self.plan(job, [Self.pod("a", "Succeeded", index: 0), Self.pod("b", "Running", index: 2)])
        #expect(plan.change().create == [1, 3] && plan.succeeded == 1)
        let pod = plan.pod(3)
        #expect(pod["metadata"]["generateName"] == "j-3-" && pod["spec"]["hostname"] == "j-3")
        #expect(pod["spec"]["containers"][0]["env"][0]["name"] == "JOB_COMPLETION_INDEX")
        #expect(pod.finalizers == [JobFacts.finalizer])
        let double = Self.plan(job, [Self.pod("a", "Running", index: 1), Self.pod("b", "Running", index: 1)])
        #expect(double.change().delete.count == 0 || double.change().delete.map(\.objectName) == ["b"])
    }

    @Test(
        "a job ends for a reason",
        arguments: [
            ("BackoffLimitExceeded", plan(job(), [pod("a", "Failed"), pod("b", "Failed"), pod("c", "Failed")])),
            (
                "PodFailurePolicy",
                plan(
                    job([
                        "podFailurePolicy": [
                            "rules": [["action": "FailJob", "onExitCodes": ["operator": "In", "values": [42]]]]
                        ]
                    ]),
                    [pod("a", "Failed", code: 42)])
            ),
            (
                "FailedIndexes",
                plan(
                    job(completions: 2, indexed: true, ["backoffLimitPerIndex": 1, "backoffLimit": 100]),
                    [pod("a", "Succeeded", index: 0), pod("b", "Failed", index: 1, failures: 1)])
            ),
            (
                "SuccessPolicy",
                plan(
                    job(
                        completions: 5, indexed: true,
                        ["successPolicy": ["rules": [["succeededIndexes": "0-2", "succeededCount": 1]]]]),
                    [pod("a", "Succeeded", index: 2)])
            ),
        ])
    func ends(_ reason: String, _ plan: JobPlan) {
        #expect(plan.ending()?.text("reason") == reason)
    }

    @Test("the policy's message names container and rule")
    func message() {
        let rules: JSON = [
            "rules": [
                ["action": "Ignore", "onPodConditions": [["type": "X", "status": "True"]]],
                ["action": "FailJob", "onExitCodes": ["operator": "NotIn", "values": [3]]],
            ]
        ]
        let policy = PodFailurePolicy(Self.job(["podFailurePolicy": rules]), Self.pod("a", "Failed", code: 42))
        #expect(
            policy
                == .failsJob(
                    message: "Container c for pod default/a failed with exit code 42 matching FailJob rule at index 1"))
    }

    @Test(
        "ranges are written as the original writes them",
        arguments: [
            ([], ""), ([3], "3"), ([0, 1], "0,1"), ([0, 1, 2, 5, 7, 8], "0-2,5,7,8"),
        ] as [([Int], String)])
    func ranges(_ indexes: [Int], _ text: String) {
        #expect(IndexRanges(indexes).text == text && IndexRanges(text, below: 100) == IndexRanges(indexes))
    }
}

/// On a real API server.
@Suite(.serialized) struct JobTests {
    static func job(_ more: JSON = [:]) -> JSON {
        var spec: JSON = [
            "completions": 2, "parallelism": 2,
            "template": ["spec": ["restartPolicy": "Never", "containers": [["name": "c", "image": "x"]]]],
        ]
        for (key, value) in more.object ?? JSONObject() { spec[key] = value }
        return [
            "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "j", "namespace": "default"], "spec": spec,
        ]
    }

    private func end(_ cluster: TestCluster, _ pods: [JSON], _ phase: String) async throws {
        for pod in pods {
            _ = try await cluster.api.patch(
                .pods, "default", pod.objectName, subresource: "status",
                .strategic(["status": ["phase": .string(phase)]]))
        }
    }

    @Test("a job runs its pods, counts them, and is complete")
    func completes() async throws {
        try await TestCluster.with { cluster in
            try await cluster.until("account", .serviceAccounts) { !$0.isEmpty }
            try await cluster.api.create(.jobs, Self.job())
            let pods = try await cluster.until("pods", .pods) { $0.count == 2 }
            #expect(pods.allSatisfy { $0.objectName.hasPrefix("j-") && $0.finalizers == [JobFacts.finalizer] })
            try await end(cluster, pods, "Succeeded")
            let job = try await cluster.until("complete", .jobs, "default", "j") { JobFacts.ending($0) == "Complete" }
            #expect(job["status"]["succeeded"] == 2 && !job["status"]["completionTime"].isNull)
            #expect(
                job["status"].list("conditions").map { "\($0.text("type")) \($0.text("reason"))" } == [
                    "SuccessCriteriaMet CompletionsReached", "Complete CompletionsReached",
                ])
            try await cluster.until("finalizers gone", .pods) {
                $0.count == 2 && $0.allSatisfy { $0.finalizers.isEmpty }
            }
            try await cluster.until("event", .events) { $0.contains { $0.text("reason") == "Completed" } }
        }
    }

    @Test("a job that fails too often fails, and goes when its time is over")
    func fails() async throws {
        try await TestCluster.with { cluster in
            try await cluster.until("account", .serviceAccounts) { !$0.isEmpty }
            try await cluster.api.create(.jobs, Self.job(["backoffLimit": 0, "ttlSecondsAfterFinished": 2]))
            let pods = try await cluster.until("pods", .pods) { $0.count == 2 }
            try await end(cluster, Array(pods.prefix(1)), "Failed")
            let job = try await cluster.until("failed", .jobs, "default", "j") { JobFacts.ending($0) == "Failed" }
            #expect(JobFacts.condition(job, "Failed")["message"] == "Job has reached the specified backoff limit")
            try await cluster.until("gone", .jobs) { $0.isEmpty }
            try await cluster.until("pods gone", .pods) { $0.isEmpty }
        }
    }

    @Test("a suspended job has no pods until it goes on")
    func suspended() async throws {
        try await TestCluster.with { cluster in
            try await cluster.until("account", .serviceAccounts) { !$0.isEmpty }
            try await cluster.api.create(.jobs, Self.job(["suspend": true]))
            _ = try await cluster.until("told", .jobs, "default", "j") { !JobFacts.condition($0, "Suspended").isNull }
            #expect(try await cluster.api.list(.pods, "default").items.isEmpty)
            _ = try await cluster.api.patch(
                .jobs, "default", "j", subresource: "", .merge(["spec": ["suspend": false]]))
            try await cluster.until("pods", .pods) { $0.count == 2 }
        }
    }
}
