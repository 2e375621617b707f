import Foundation
import JSON
import Linux
import Protobuf
import Testing

@testable import BuildProtocol

@Suite("What a build tells, both ways")
struct StatusTests {
    @Test("vertexes and items are read as they were written")
    func roundTrip() throws {
        var vertex = Vertex(digest: "sha256:1", name: "[1/2] RUN")
        (vertex.started, vertex.completed, vertex.isCached, vertex.error) = (5_000_000_001, 6, true, "no")
        vertex.inputs = ["a", "b"]
        var item = VertexStatus(id: "layer", vertex: "sha256:1")
        (item.current, item.total, item.started) = (1, 2, 3)
        let made = vertex, below = item
        let bytes = ProtobufWriter.message { status in
            status.message(1) { made.write(&$0) }
            status.message(2) { below.write(&$0, at: 9) }
        }
        let read = try BuildStatus(bytes)
        #expect(read.vertexes.count == 1 && read.statuses.count == 1)
        #expect(read.vertexes[0].started == 5_000_000_001 && read.vertexes[0].completed == 6)
        #expect(read.vertexes[0].isCached && read.vertexes[0].error == "no" && read.vertexes[0].inputs == ["a", "b"])
        #expect(read.statuses[0].started == 3 && read.statuses[0].completed == nil && read.statuses[0].total == 2)
        #expect(throws: ProtobufFault.self) { try BuildStatus([0x0A, 200]) }
    }

    @Test("places in a Dockerfile survive their document")
    func places() {
        let place = SourcePlace(file: "Dockerfile", text: "FROM x\nRUN y\n", lines: 2...2)
        #expect(SourcePlace(place.json) == place)
        #expect(SourcePlace(["info": ["data": ""], "ranges": []]) == nil)
    }

    @Test("caches' options survive their list")
    func caches() throws {
        let options = [CacheOption(type: "local", attributes: ["src": "a\"b", "mode": "max"])]
        #expect(try CacheOption.list(CacheOption.text(options)) == options)
    }

    @Test("what is there gives way where that is wanted, and never through a link")
    func replacing() throws {
        let folder = NSTemporaryDirectory() + "hako-replace-" + UUID().uuidString
        let outside = folder + "-outside"
        for path in [folder, outside] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        defer { for path in [folder, outside] { try? FileManager.default.removeItem(atPath: path) } }
        try Data("old".utf8).write(to: URL(fileURLWithPath: folder + "/file"))
        try FileManager.default.createSymbolicLink(atPath: folder + "/d", withDestinationPath: outside)
        func status(_ path: String, _ kind: UInt32 = 0) -> FileStatus {
            var status = FileStatus()
            (status.path, status.mode) = (path, kind | 0o755)
            return status
        }
        let fill = FolderFill(try SafeRoot(path: folder), replaces: true)
        for (number, path) in ["d", "d/e"].enumerated() {
            _ = try fill.add(status(path, FileStatus.Bits.folder), number: UInt32(number))
        }
        for (number, path) in [(UInt32(2), "d/x"), (3, "file")] {
            #expect(try fill.add(status(path), number: number))
            try fill.write(Array("new".utf8), to: number)
            try fill.finish(number)
        }
        try fill.close()
        #expect(try String(contentsOfFile: folder + "/file", encoding: .utf8) == "new")
        #expect(try String(contentsOfFile: folder + "/d/x", encoding: .utf8) == "new")
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside).isEmpty)
        let again = FolderFill(try SafeRoot(path: folder), replaces: true)
        #expect(try !again.add(status("d", FileStatus.Bits.folder), number: 0))
    }
}
