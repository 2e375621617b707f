import DockerModel
import Dockerfile
import OCI
import Testing

@testable import Builder

struct BuildPlanTests {
    private let text = """
        ARG BASE=busybox
        FROM ${BASE} AS tools
        RUN a
        FROM busybox AS unused
        RUN b
        FROM busybox AS left
        RUN --mount=type=bind,from=tools,target=/t c
        FROM busybox AS right
        COPY --from=tools /a /a
        FROM left
        COPY --from=right /a /a
        COPY --from=alpine /b /b
        """

    @Test func onlyWhatTheTargetNeedsRuns() throws {
        let plan = try BuildPlan(try Dockerfile(text), target: nil)
        #expect(plan.stages.map(\.index) == [0, 2, 3, 4])
        #expect(plan.stages.map(\.needs) == [[], [0], [0], [2, 3]])
        #expect(plan.stages.map(\.firstStep) == [1, 3, 5, 7])
        #expect(plan.steps == 9)
        #expect(try BuildPlan(try Dockerfile(text), target: "unused").stages.map(\.index) == [1])
    }

    @Test func valuesOfArguments() throws {
        var request = BuildRequest()
        request.arguments = ["BASE": "alpine", "OTHER": "x", "HTTP_PROXY": "p"]
        let file = try Dockerfile(text)
        let arguments = try BuildArguments(
            request, file, target: Platform(os: "linux", architecture: "arm64"),
            host: Platform(os: "linux", architecture: "amd64"))
        #expect(arguments.globalValue("BASE") == "alpine")
        #expect(arguments.globalValue("TARGETARCH") == "arm64")
        #expect(arguments.globalValue("BUILDPLATFORM") == "linux/amd64")
        #expect(arguments.value("NEW", standard: "d") == "d")
        #expect(arguments.value("OTHER", standard: "d") == "x")
        #expect(arguments.value("BASE", standard: nil) == "alpine")
        #expect(arguments.unused(in: file) == ["OTHER"])
    }

    @Test(
        arguments: [
            ("755", 0o644, false, 0o755), ("u=rwx,go=rx", 0o600, false, 0o755), ("+x", 0o644, false, 0o755),
            ("a-w", 0o666, false, 0o444), ("go-rwX", 0o755, false, 0o700), ("u+X", 0o644, true, 0o744),
            ("u+X", 0o644, false, 0o644), ("u+s", 0o755, false, 0o4755), ("o+t", 0o755, true, 0o1755),
        ] as [(String, UInt32, Bool, UInt32)])
    func modes(_ text: String, _ old: UInt32, _ isFolder: Bool, _ expected: UInt32) throws {
        #expect(try FileMode(text).apply(to: old, isFolder: isFolder) == expected)
    }

    @Test("an image's line goes by the last stage on it, from the target on")
    func tellers() throws {
        func tellers(_ text: String) throws -> [Int: Int] {
            try BuildPlan(try Dockerfile(text), target: nil).baseTellers
        }
        #expect(try tellers("FROM a AS t\nFROM a\nCOPY --from=t /x /x") == [0: 0, 1: 0])
        #expect(try tellers("FROM a AS t\nFROM b\nCOPY --from=t /x /x") == [0: 0, 1: 1])
        #expect(try tellers("FROM a AS t\nFROM t AS u\nFROM u\nRUN x") == [0: 0])
        #expect(try tellers("FROM scratch\nCOPY x /x").isEmpty)
        let several = "FROM a AS one\nFROM a AS two\nFROM a\nCOPY --from=two /x /x\nCOPY --from=one /x /x"
        #expect(try tellers(several) == [0: 0, 1: 0, 2: 0])
        #expect(try tellers("FROM --platform=p a AS t\nFROM a\nCOPY --from=t /x /x") == [0: 0, 1: 1])
    }

    @Test("who takes from the context")
    func contexts() throws {
        for (text, takes) in [
            ("FROM a\nCOPY x /x", true), ("FROM a\nADD https://x/y /x", false), ("FROM a\nRUN x", false),
            ("FROM a\nRUN --mount=type=bind,target=/c x", true), ("FROM a AS t\nFROM b\nCOPY --from=t /x /x", false),
            ("FROM a AS t\nCOPY x /x\nFROM b\nRUN y", false),
        ] {
            #expect(try BuildPlan(try Dockerfile(text), target: nil).takesContext == takes, "\(text)")
        }
    }
}
