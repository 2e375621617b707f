import JSON
import Testing

@testable import Controllers

@Suite struct DeploymentPlanTests {
    static func set(_ name: String, _ wanted: Int, available: Int? = nil, desired: Int? = nil, most: Int? = nil) -> JSON
    {
        var set: JSON = [
            "metadata": [
                "name": .string(name), "uid": .string(name),
                "creationTimestamp": .string("2026-01-0\(name.last ?? "1")T00:00:00Z"),
            ],
            "spec": ["replicas": JSON(wanted)],
            "status": ["replicas": JSON(wanted), "availableReplicas": JSON(available ?? wanted)],
        ]
        if let desired { set.setAnnotation(DeploymentRevisions.desiredReplicas, "\(desired)") }
        if let most { set.setAnnotation(DeploymentRevisions.maxReplicas, "\(most)") }
        return set
    }

    static func deployment(_ replicas: Int, surge: JSON = "25%", unavailable: JSON = "25%") -> JSON {
        [
            "metadata": ["name": "web", "uid": "d"],
            "spec": [
                "replicas": JSON(replicas),
                "strategy": [
                    "type": "RollingUpdate", "rollingUpdate": ["maxSurge": surge, "maxUnavailable": unavailable],
                ],
            ],
        ]
    }

    /// Replicas, surge, unavailable, the newest set's size and available pods, the old one's; what comes next.
    static let steps: [(JSON, new: (Int, Int), old: (Int, Int), grows: Int?, shrinks: Int?)] = [
        (deployment(4), (0, 0), (4, 4), 1, nil),
        (deployment(4), (1, 0), (4, 4), nil, 3),
        (deployment(4), (1, 1), (4, 4), nil, 2),
        (deployment(4), (2, 0), (3, 3), nil, nil),
        (deployment(1, surge: 1, unavailable: 0), (1, 0), (1, 1), nil, nil),
        (deployment(1, surge: 1, unavailable: 0), (1, 1), (1, 1), nil, 0),
        (deployment(10, surge: 0, unavailable: 0), (0, 0), (10, 10), nil, 9),
        (deployment(3, surge: 0, unavailable: 1), (0, 0), (3, 0), nil, 2),
        (deployment(2), (4, 4), (0, 0), 2, nil),
    ]

    @Test("a rolling update takes one step at a time", arguments: steps.indices)
    func rolling(_ index: Int) {
        let (deployment, new, old, grows, shrinks) = Self.steps[index]
        let newest = Self.set("n2", new.0, available: new.1), before = Self.set("o1", old.0, available: old.1)
        #expect(DeploymentPlan.growth(deployment, newest: newest, old: [before])?.size == grows)
        if grows == nil {
            let steps = DeploymentPlan.shrinking(deployment, newest: newest, old: [before])
            #expect(steps.map(\.size) == (shrinks.map { [$0] } ?? []))
        }
    }

    @Test("a deployment that is scaled in the midst of a rollout gives each set its share")
    func shares() {
        let old = Self.set("o1", 8, desired: 10, most: 13), new = Self.set("n2", 5, desired: 10, most: 13)
        let deployment = Self.deployment(20, surge: 3, unavailable: 2)
        #expect(DeploymentPlan.isScaling(deployment, [old, new]))
        let sizes = DeploymentPlan.scaling(deployment, newest: new, old: [old])
        #expect(sizes.map(\.set.objectName) == ["o1", "n2"] && sizes.map(\.size) == [14, 9])
    }

    @Test("a single active set takes the whole size")
    func single() {
        let steps = DeploymentPlan.scaling(
            Self.deployment(5), newest: Self.set("n2", 3, desired: 3), old: [Self.set("o1", 0)])
        #expect(steps.map(\.size) == [5])
    }

    @Test("history beyond its limit goes, oldest revision first")
    func history() {
        var deployment = Self.deployment(1)
        deployment["spec", "revisionHistoryLimit"] = 1
        var (first, second, busy) = (Self.set("a1", 0), Self.set("b2", 0), Self.set("c3", 1))
        first.setAnnotation(DeploymentRevisions.revision, "2")
        second.setAnnotation(DeploymentRevisions.revision, "1")
        busy.setAnnotation(DeploymentRevisions.revision, "3")
        #expect(DeploymentPlan.expired(deployment, old: [first, second, busy]).map(\.objectName) == ["b2", "a1"])
    }

    @Test("the newest set is the oldest with the template, hash aside")
    func newest() {
        var deployment = Self.deployment(1)
        deployment["spec", "template"] = ["metadata": ["labels": ["a": "b"]]]
        var same = Self.set("s2", 1), other = Self.set("o1", 1)
        same["spec", "template"] = ["metadata": ["labels": ["a": "b", "pod-template-hash": "x"]]]
        other["spec", "template"] = ["metadata": ["labels": ["a": "c", "pod-template-hash": "y"]]]
        let (newest, old) = DeploymentRevisions.split(deployment, [same, other])
        #expect(newest?.objectName == "s2" && old.map(\.objectName) == ["o1"])
    }

    @Test("a set that becomes newest again remembers its old number")
    func remembers() {
        var set = Self.set("s1", 1)
        set.setAnnotation(DeploymentRevisions.revision, "1")
        #expect(DeploymentRevisions.annotate(&set, as: 4, of: Self.deployment(1), exists: true))
        #expect(set.annotation(DeploymentRevisions.revision) == "4")
        #expect(set.annotation(DeploymentRevisions.history) == "1")
    }

    @Test("conditions tell of progress, completion and the missed deadline")
    func conditions() {
        var deployment = Self.deployment(2)
        deployment["metadata", "generation"] = 1
        deployment["spec", "progressDeadlineSeconds"] = 60
        let now = 1_800_000_000.0
        func reason(_ set: JSON, at time: Double) -> JSON {
            let status = DeploymentStatus(deployment: deployment, newest: set, old: [], now: time).ofRollout()
            deployment["status"] = status
            return Conditions.find("Progressing", in: status)["reason"]
        }
        #expect(reason(Self.set("n2", 2, available: 1), at: now) == "ReplicaSetUpdated")
        #expect(reason(Self.set("n2", 2, available: 1), at: now + 61) == "ProgressDeadlineExceeded")
        #expect(reason(Self.set("n2", 2), at: now + 90) == "NewReplicaSetAvailable")
        #expect(reason(Self.set("n2", 2, available: 1), at: now + 900) == "NewReplicaSetAvailable")
    }
}
