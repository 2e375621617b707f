import Testing

@testable import Compose

@Suite("What is done with a service's containers")
struct PlanTests {
    static func container(_ number: Int, hash: String = "h", image: String = "i", state: String = "running")
        -> ObservedContainer
    {
        ObservedContainer(
            id: "c\(number)", name: "p-s-\(number)", number: number, state: state, configHash: hash, image: image,
            created: number, networks: ["n"], volumes: ["v"])
    }

    struct Case: Sendable {
        var scale = 1
        var containers: [ObservedContainer]
        var policy = RecreatePolicy.changed
        var networks: Set<String> = ["n"]
        var keep: [Int] = [], recreate: [Int] = [], remove: [Int] = [], create: [Int] = []
    }

    static let cases: [Case] = [
        Case(containers: [], create: [1]), Case(scale: 3, containers: [], create: [1, 2, 3]),
        Case(containers: [container(1)], keep: [1]), Case(containers: [container(1, hash: "x")], recreate: [1]),
        Case(containers: [container(1, image: "x")], recreate: [1]),
        Case(containers: [container(1)], policy: .always, recreate: [1]),
        Case(containers: [container(1, hash: "x")], policy: .never, keep: [1]),
        Case(containers: [container(1)], networks: ["n", "m"], recreate: [1]),
        Case(containers: [container(1, state: "exited")], networks: ["n", "m"], keep: [1]),
        Case(scale: 3, containers: [container(1), container(2)], keep: [1, 2], create: [3]),
        Case(scale: 1, containers: [container(1), container(2)], keep: [1], remove: [2]),
        Case(scale: 1, containers: [container(1, hash: "x"), container(2)], keep: [2], remove: [1]),
        Case(scale: 0, containers: [container(1)], remove: [1]),
        Case(scale: 2, containers: [container(5)], keep: [5], create: [6]),
    ]

    @Test("plans", arguments: cases.indices)
    func plans(at: Int) {
        let example = Self.cases[at]
        let wanted = ServicePlan.Wanted(
            scale: example.scale, configHash: "h", image: "i", networks: example.networks, volumes: ["v"])
        let plan = ServicePlan.make(wanted, example.containers, example.policy)
        #expect(plan.keep.map(\.number) == example.keep)
        #expect(plan.recreate.map(\.number) == example.recreate)
        #expect(plan.remove.map(\.number) == example.remove)
        #expect(plan.create == example.create)
    }

    @Test("services come after what they depend on, and the other way round")
    func order() async throws {
        let project = try MemoryFiles.project(
            "services:\n  a: {image: x, depends_on: [b, c]}\n  b: {image: x, depends_on: [c]}\n  c: {image: x}\n")
        for (reversed, expected) in [(false, ["c", "b", "a"]), (true, ["a", "b", "c"])] {
            let (names, report) = AsyncStream.makeStream(of: String.self)
            try await DependencyOrder(project, reversed: reversed).forEach { report.yield($0) }
            report.finish()
            var seen: [String] = []
            for await name in names { seen.append(name) }
            #expect(seen == expected)
        }
    }

    @Test(
        "words of a command",
        arguments: [
            ("a b", ["a", "b"]), ("a 'b c' \"d e\"", ["a", "b c", "d e"]), ("a\\ b", ["a b"]), ("", []), ("''", [""]),
            ("sh -c 'a && b'", ["sh", "-c", "a && b"]),
        ])
    func words(text: String, expected: [String]) throws { #expect(try ShellWords.split(text) == expected) }
}

@Suite("Pulling by age")
struct PullPolicyTests {
    @Test(
        "intervals",
        arguments: [
            ("daily", 86_400.0), ("weekly", 604_800), ("every_2h", 7_200), ("every_1d12h", 129_600), ("always", nil),
            ("every_x", nil),
        ])
    func intervals(policy: String, expected: Double?) { #expect(PullPolicy.interval(policy) == expected) }
}
