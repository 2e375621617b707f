import Foundation
import Linux
import Protobuf
import TestKit
import Testing

@testable import BuildProtocol

@Suite("Files over a session")
struct FileProtocolTests {
    @Test("packets are what they were")
    func packets() throws {
        var status = FileStatus()
        status.path = "a/b"
        status.mode = FileStatus.Bits.symlink | 0o777
        status.link = "../c"
        status.size = 1 << 40
        status.modified = -1
        for packet in [
            FilePacket(.status, status: status), FilePacket(.status), FilePacket(.request, id: 7),
            FilePacket(.data, id: 7, data: [1, 2, 3]), FilePacket(.end), FilePacket(.failure, data: Array("no".utf8)),
        ] {
            #expect(try FilePacket(packet.bytes) == packet)
        }
        #expect(throws: ProtobufFault.self) { try FilePacket([0x08, 9]) }
    }

    @Test(
        "paths that lead out, or have two spellings, are refused",
        arguments: [
            "", "/a", "..", "../a", "a/../b", "a//b", "./a", "a/.", "a/", "a\0b", String(repeating: "x", count: 5_000),
        ])
    func paths(_ path: String) {
        var status = FileStatus()
        status.path = path
        #expect(throws: FileSyncFault.self) { try status.checkPath() }
    }

    private func status(_ path: String, _ kind: UInt32 = 0, link: String = "") -> FileStatus {
        var status = FileStatus()
        status.path = path
        status.mode = kind | 0o755
        status.link = link
        return status
    }

    @Test("a folder is filled, and nothing is written through a link")
    func fill() throws {
        let folder = try TemporaryFolder()
        let outside = try TemporaryFolder()
        let fill = FolderFill(try SafeRoot(path: folder.path))
        #expect(try !fill.add(status("d", FileStatus.Bits.folder), number: 0))
        #expect(try fill.add(status("d/file"), number: 1))
        try fill.write([104, 105], to: 1)
        try fill.finish(1)
        #expect(try !fill.add(status("d/same", link: "d/file"), number: 2))
        #expect(try !fill.add(status("link", FileStatus.Bits.symlink, link: outside.path), number: 3))
        #expect(try !fill.add(status("pipe", 1 << 25), number: 4))
        #expect(throws: KernelError.self) { try fill.add(status("link/x"), number: 5) }
        #expect(throws: KernelError.self) { try fill.add(status("d/file"), number: 6) }
        #expect(throws: FileSyncFault.self) { try fill.write([1], to: 9) }
        #expect(throws: FileSyncFault.self) { try fill.add(status("h", link: "../d"), number: 7) }
        try fill.close()
        let root = try SafeRoot(path: folder.path)
        #expect(try root.read("d/same") == [104, 105])
        #expect(try root.readLink("link") == outside.path)
        #expect(try root.status("pipe") == nil)
        #expect(KernelFile.names(in: outside.path).isEmpty)
    }

    @Test("a tree is named in order, folders before what is in them, and opened by number once")
    func walk() throws {
        let folder = try TemporaryFolder()
        let fill = FolderFill(try SafeRoot(path: folder.path))
        for path in ["b", "b/c", "b.d"] { _ = try fill.add(status(path, FileStatus.Bits.folder), number: 0) }
        _ = try fill.add(status("b/c/x"), number: 1)
        _ = try fill.add(status("a"), number: 2)
        let walk = TreeWalk([("", try SafeRoot(path: folder.path))])
        var names: [String] = []
        while let found = try walk.next() { names.append(found.path) }
        #expect(names == ["a", "b", "b/c", "b/c/x", "b.d"])
        #expect(try walk.open(3) != nil)
        #expect(try walk.open(3) == nil)
        #expect(try walk.open(1) == nil)
    }

    @Test("metadata in other letters is encoded, and says so")
    func metadata() {
        let plain = FileSyncRequest(name: "context", follows: ["a b"]).metadata
        #expect(plain.map(\.name) == ["followpaths", "dir-name"])
        #expect(plain.map(\.value) == ["a b", "context"])
        let other = FileSyncRequest(name: "context", excludes: ["箱", "a b"]).metadata
        #expect(other.map(\.value) == ["%E7%AE%B1", "a+b", "1", "context"])
        #expect(other.map(\.name) == ["exclude-patterns", "exclude-patterns", "exclude-patterns-encoded", "dir-name"])
    }
}

private final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/hako-files-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
