import CLinux
import Fault
import ImageStore
import TestKit
import Testing

@Suite struct HostileTarTests {
    /// A folder to unpack into, with something beside it that no archive may touch.
    private func attack(_ build: (inout TestTar) -> Void) async throws -> (
        error: (any Error)?, outside: [String], content: String
    ) {
        try await withFolder { folder in
            try run("mkdir", "-p", folder + "/root", folder + "/outside")
            try write("untouched".utf8, to: folder + "/outside/victim")
            var tar = TestTar()
            build(&tar)
            var failure: (any Error)?
            do { try unpack(tar.finished, into: folder + "/root") { $0.whiteouts = true } } catch { failure = error }
            let outside = try lines(
                run("find", folder + "/outside", folder, "-maxdepth", "1", "-mindepth", "1", "-printf", "%f\n")
            ).sorted()
            let content = try text(folder + "/outside/victim")
            return (failure, outside, content)
        }
    }

    private func expectHarmless(_ result: (error: (any Error)?, outside: [String], content: String), refused: Bool) {
        #expect(result.outside == ["outside", "root", "victim"])
        #expect(result.content == "untouched")
        #expect((result.error != nil) == refused, "\(String(describing: result.error))")
    }

    @Test(
        "paths that lead up are refused",
        arguments: ["../outside/victim", "a/../../outside/victim", "/../outside/victim", "../../../../etc/x"])
    func upward(_ path: String) async throws {
        expectHarmless(try await attack { $0.add(path, [1]) }, refused: true)
    }

    @Test(
        "a link out of the folder leads nowhere outside",
        arguments: ["../outside", "/outside", "../../../../../../tmp"])
    func linkThenFile(_ target: String) async throws {
        let result = try await attack {
            $0.add("way", type: "2", link: target)
            $0.add("way/victim", Array("owned".utf8))
            $0.add("way/new", Array("owned".utf8))
        }
        #expect(result.outside == ["outside", "root", "victim"])
        #expect(result.content == "untouched")
    }

    @Test("a file replaces a link of its name and doesn't write through it")
    func fileOverLink() async throws {
        expectHarmless(
            try await attack {
                $0.add("x", type: "2", link: "../outside/victim")
                $0.add("x", Array("owned".utf8))
            }, refused: false)
    }

    @Test(
        "a hard link reaches only what the archive holds",
        arguments: ["../outside/victim", "/etc/passwd", "way/victim"])
    func hardLink(_ target: String) async throws {
        expectHarmless(
            try await attack {
                $0.add("way", type: "2", link: "../outside")
                $0.add("x", type: "1", link: target)
                $0.add("x", Array("owned".utf8))
            }, refused: true)
    }

    @Test("whiteouts can't name a folder's parent", arguments: [".wh...", ".wh..", ".wh.", "a/.wh..."])
    func whiteouts(_ name: String) async throws {
        expectHarmless(try await attack { $0.add(name) }, refused: true)
    }

    @Test("a folder's time is set on the folder, not through a link that took its place")
    func folderThenLink() async throws {
        expectHarmless(
            try await attack {
                $0.add("d/", type: "5", mode: 0o777, mtime: 1)
                $0.add("d", type: "2", link: "../outside")
            }, refused: false)
    }

    @Test("damaged headers are refused with a reason")
    func damage() async throws {
        func message(_ build: (inout TestTar) -> Void) async throws -> String {
            "\(try await attack(build).error.map { "\($0)" } ?? "")"
        }
        #expect(try await message { $0.add("x", [1], breakChecksum: true) }.contains("checksum"))
        #expect(try await message { $0.add("x", type: "Z") }.contains("unsupported type"))
        #expect(try await message { $0.add("x", size: 5_000) }.contains("truncated"))
        #expect(
            try await message {
                $0.add("x", [1], type: "x"); $0.add("y")
            }.contains("PAX"))
        #expect(try await message { $0.add("x", type: "L", size: 2 << 20) }.contains("limit"))
        #expect(
            try await message {
                $0.pax([("size", "-5")]); $0.add("y")
            }.contains("PAX"))
        #expect(
            try await message {
                $0.pax([("path", "a\u{0}b")]); $0.add("y")
            }.contains("NUL"))
        #expect(
            try await message {
                $0.pax([("path", String(repeating: "a/", count: 3_000))]); $0.add("y")
            }.contains("longer"))
        #expect(
            try await message {
                $0.pax([("GNU.sparse.size", "10"), ("GNU.sparse.map", "0,8,4,8")])
                $0.add("y", [UInt8](repeating: 1, count: 16))
            }.contains("sparse"))
    }

    @Test(
        "a damaged archive ends in an error or unpacks, never leaves its folder, never crashes",
        arguments: Fuzz.seeds(12))
    func fuzz(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var tar = TestTar()
        tar.add("d/", type: "5", mode: 0o755)
        tar.add("d/file", (0..<700).map { UInt8(truncatingIfNeeded: $0) })
        tar.add("link", type: "2", link: "d/file")
        tar.add("hard", type: "1", link: "d/file")
        tar.pax([
            ("path", "d/long"), ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "2000"),
            ("GNU.sparse.name", "s"),
        ])
        tar.add("s", Array("1\n100\n4\n".utf8) + [UInt8](repeating: 0, count: 504) + [1, 2, 3, 4])
        tar.add("d/.wh.x")
        let original = tar.finished
        for _ in 0..<60 {
            var bytes = original
            // Most mutations keep the checksums right, or nothing behind them would ever be reached.
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                bytes[at] = UInt8.random(in: 0...255, using: &random)
                repairChecksum(&bytes, around: at)
            }
            if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
            let result = bytes
            try await withFolder { (folder: String) async throws in
                _ = mkdir(folder + "/root", 0o755)
                try? unpack(result, into: folder + "/root", piece: 600) { $0.whiteouts = true }
                #expect(try names(folder) == ["root"])
            }
        }
    }

    private func repairChecksum(_ bytes: inout [UInt8], around at: Int) {
        let start = at / 512 * 512
        guard start + 512 <= bytes.count, bytes[(start + 257)...].starts(with: Array("ustar".utf8)) else { return }
        for index in 148..<156 { bytes[start + index] = 0x20 }
        let text = String(bytes[start..<(start + 512)].reduce(0) { $0 + Int($1) }, radix: 8)
        let field = Array((String(repeating: "0", count: 6 - text.count) + text + "\u{0}").utf8)
        for (index, byte) in field.enumerated() { bytes[start + 148 + index] = byte }
    }
}
