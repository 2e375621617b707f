import BuildProtocol
import Dockerfile
import JSON
import NIOConcurrencyHelpers
import OCI
import Protobuf
import Testing
import Wire

@testable import BuildKit
@testable import Builder

@Suite("What a build tells")
struct ProgressTests {
    private func step(_ text: String, stage: String, _ number: Int, of count: Int) throws -> BuildStep {
        let file = try Dockerfile("FROM scratch\n" + text)
        return BuildStep(
            stage: 0, stageName: stage, platform: Platform(os: "linux", architecture: "arm64"),
            instruction: file.stages[0].instructions[0], number: 2, total: 9, fileStep: number, fileSteps: count,
            title: text)
    }

    @Test("steps are named by stage, place and instruction")
    func names() throws {
        #expect(try step("RUN a", stage: "", 2, of: 3).name == "[2/3] RUN a")
        #expect(
            try step("RUN a", stage: "tools", 2, of: 12).name(
                naming: Platform(os: "linux", architecture: "arm64"))
                == "[linux/arm64 tools  2/12] RUN a")
    }

    @Test("who comes late hears all from the beginning, and the end")
    func late() async throws {
        let board = StatusBoard()
        board.post(Vertex("one", in: "x"))
        board.log("v", stream: 1, Array("words".utf8))
        let reading = Task {
            var whole: [UInt8] = []
            try await board.read { whole += $0 }
            return whole
        }
        board.post(Vertex("two", in: "x"))
        board.close()
        let fields = try ProtobufFields(try await reading.value)
        #expect(try fields.messages(1).map { $0.text(3) } == ["one", "two"])
        #expect(try fields.messages(3).first?.text(4) == "words")
    }

    @Test("endless output is cut, once with a word")
    func clipped() async throws {
        let board = StatusBoard()
        let piece = [UInt8](repeating: 65, count: 1 << 20)
        for _ in 0..<5 { board.log("v", stream: 1, piece) }
        board.close()
        var logs: [ProtobufFields] = []
        try await board.read { logs += try ProtobufFields($0).messages(3) }
        #expect(logs.reduce(0) { $0 + $1.bytes(4).count } < StatusBoard.Limit.logBytes + 100)
        #expect(logs.filter { $0.text(4).contains("output clipped") }.count == 1)
    }

    @Test("errors in BuildKit's words, with the lines they are about")
    func failures() throws {
        let step = try step("RUN a", stage: "", 2, of: 3)
        let error = StepError(error: StepFailure(program: "/bin/sh -c a", code: 9), step: step)
        let status = Failure.status(error, file: "Dockerfile", text: "FROM scratch\nRUN a") { _ in "sha256:v" }
        #expect(status.message == "process \"/bin/sh -c a\" did not complete successfully: exit code: 9")
        #expect(
            status.details.map(\.type) == ["Vertex", "Source"].map { "github.com/moby/buildkit/errdefs.\($0)+json" })
        let source = try JSON(parsing: status.details[1].value)
        #expect(source["ranges"].array?.first?["start", "line"].int == 2)
        #expect(Failure.line(in: "dockerfile parse error on line 12: unknown instruction: FOO") == 12)
        #expect(Failure.line(in: "something else") == nil)
    }

    @Test("conditions on the cache's records")
    func filters() throws {
        let record: JSON = ["ID": "abc", "Type": "regular", "Description": "RUN make", "Shared": true]
        for (text, holds) in [
            ("id==abc", true), ("id=abc,type==regular", true), ("id==x", false), ("description~=make", true),
            ("shared", true), ("private", false), ("type!=regular", false),
        ] {
            #expect(try CacheFilter([text]).accepts(record) == holds, "\(text)")
        }
        #expect(try CacheFilter(["id==x", "shared"]).accepts(record))
        #expect(throws: (any Error).self) { try CacheFilter(["colour==red"]) }
    }
}

@Suite("Waiting for who comes later")
struct MeetingTests {
    @Test("the value is had before, after, or not in time")
    func meeting() async {
        let meeting = Meeting<String, Int>()
        #expect(meeting.put(1, "a"))
        #expect(!meeting.put(2, "a"))
        #expect(await meeting.wait(for: "a", atMost: .seconds(10)) == 1)
        async let later = meeting.wait(for: "b", atMost: .seconds(10))
        await Task.yield()
        #expect(meeting.put(2, "b"))
        #expect(await later == 2)
        #expect(await meeting.wait(for: "c", atMost: .milliseconds(5)) == nil)
        meeting.remove("a")
        #expect(meeting["a"] == nil && meeting.count == 1)
    }
}
