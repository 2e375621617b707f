import CommandLine
import Fault
import Glibc
import JSON
import NIOCore
import NIOHTTP1
import Testing
@testable import DockerCLI

/// A folder that goes with the test.
struct Scratch {
    let path: String

    init() throws {
        var template = Array("/tmp/hako-cli-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure("mkdtemp") }
        path = String(cString: made)
    }

    func file(_ name: String, _ text: String) throws -> String {
        try WholeFile.replace("\(path)/\(name)", with: Array(text.utf8), mode: 0o644)
        return "\(path)/\(name)"
    }

    func read(_ name: String) -> String? {
        (try? WholeFile.read("\(path)/\(name)", limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
    }

    func remove() {
        nftw(path, { path, _, _, _ in path.map { Glibc.remove($0) } ?? 0 }, 16, Int32(FTW_DEPTH | FTW_PHYS))
    }
}

@Suite struct CopyTests {
    private func pack(_ path: String, name: String? = nil) async throws -> [UInt8] {
        let source = try LocalSource(path, followsLinks: false)
        let packing = TarPacking(source: source, name: name ?? source.name)
        var bytes: [UInt8] = []
        while let part = try await packing.next() { bytes += part.readableBytesView }
        return bytes
    }

    private func unpack(_ bytes: [UInt8], to root: String, pieces: Int = 100) async throws {
        var rest = bytes[...]
        _ = try await TarUnpacking.unpack(to: root) {
            guard !rest.isEmpty else { return nil }
            defer { rest = rest.dropFirst(pieces) }
            return ByteBuffer(bytes: rest.prefix(pieces))
        }
    }

    @Test("a folder comes back as it was: files, links, long names, modes", arguments: [1, 511, 512, 10_000])
    func roundTrip(_ pieces: Int) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let long = String(repeating: "n", count: 120) + "-é"
        _ = try scratch.file("from/sub/\(long)", "long")
        let script = try scratch.file("from/run.sh", String(repeating: "x", count: 1_000))
        chmod(script, 0o755)
        symlink("run.sh", scratch.path + "/from/link")
        try await unpack(try await pack(scratch.path + "/from"), to: scratch.path + "/to", pieces: pieces)
        #expect(scratch.read("to/sub/\(long)") == "long")
        #expect(scratch.read("to/link") == String(repeating: "x", count: 1_000))
        var status = stat()
        #expect(lstat(scratch.path + "/to/run.sh", &status) == 0 && status.st_mode & 0o777 == 0o755)
        #expect(lstat(scratch.path + "/to/link", &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    }

    @Test("a folder's content goes into an existing folder")
    func contentOnly() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        _ = try scratch.file("from/a", "1")
        _ = try scratch.file("to/b", "2")
        try await unpack(try await pack(scratch.path + "/from/."), to: scratch.path + "/to")
        #expect(scratch.read("to/a") == "1" && scratch.read("to/b") == "2")
    }

    @Test("an archive can't lead out of its place", arguments: ["x/../../escape", "../escape"])
    func escapingNames(_ name: String) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        var header = TarHeader(name: name, kind: .file)
        header.size = 4
        let bytes = TarWriting.blocks(header) + Array("evil".utf8) + TarWriting.padding(4) + TarWriting.end
        await #expect(throws: Fault.self) { try await unpack(bytes, to: scratch.path + "/inside") }
        #expect(scratch.read("escape") == nil)
    }

    @Test("a link that the archive brings isn't followed")
    func escapingLink() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        _ = try scratch.file("outside/keep", "kept")
        var link = TarHeader(name: "d/l", kind: .symbolicLink)
        link.link = scratch.path + "/outside"
        var evil = TarHeader(name: "d/l/evil", kind: .file)
        evil.size = 0
        let bytes =
            TarWriting.blocks(TarHeader(name: "d/", kind: .directory, mode: 0o755)) + TarWriting.blocks(link)
            + TarWriting.blocks(evil) + TarWriting.end
        await #expect(throws: Fault.self) { try await unpack(bytes, to: scratch.path + "/d") }
        #expect(scratch.read("outside/evil") == nil)
    }

    @Test("broken archives fail and don't trap", arguments: 0..<200)
    func brokenArchives(_ seed: Int) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        _ = try scratch.file("from/a", "some text")
        var bytes = try await pack(scratch.path + "/from")
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(limit))
        }
        for _ in 0..<(1 + next(4)) { bytes[next(bytes.count)] = UInt8(next(256)) }
        if next(3) == 0 { bytes.removeLast(next(bytes.count)) }
        try? await unpack(bytes, to: scratch.path + "/to")
        #expect(scratch.read("from/a") == "some text")
    }

    static let placesCases: [(String, String?, String)] = [
        ("web:/etc", "web", "/etc"), ("/a:b", nil, "/a:b"), ("./a:b", nil, "./a:b"), ("a", nil, "a"),
        ("web:", "web", ""),
    ]

    @Test("a colon separates container and path, unless the path is plain local", arguments: placesCases)
    func places(_ argument: String, _ container: String?, _ path: String) {
        let place = CopyPlace(argument)
        #expect(place.container == container && place.path == path)
    }

    @Test("cp into a container sends an archive named after the destination")
    func toContainer() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let path = try scratch.file("hosts", "hello")
        let daemon = ScriptedDaemon { method, _ in
            method == .HEAD ? .error("no such file", status: 404) : ScriptedDaemon.Answer()
        }
        let client = await Client.run(["cp", path, "web:/etc/hosts.new"], on: daemon)
        #expect(client.exitCode == 0 && client.err.isEmpty)
        let put = try #require(daemon.requests.last)
        #expect(put.target == "/containers/web/archive?noOverwriteDirNonDir=true&path=%2Fetc")
        #expect(String(decoding: put.body.prefix(9), as: UTF8.self) == "hosts.new")
    }
}
