import CLinux
import ImageStore
import JSON
import Linux
import NIOCore
import OCI
import Testing

typealias Digest = OCI.Digest

/// Owners, devices and overlay attributes need root; so do the tests that unpack whole images.
let isRoot = geteuid() == 0

/// A folder of its own for each test, removed when the test is over.
func withFolder<R>(_ body: (String) async throws -> R) async throws -> R {
    var name = Array("/tmp/hako-store-XXXXXX".utf8CString)
    let path = try #require(
        name.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } })
    defer { try? FileTree.remove(path) }
    return try await body(path)
}

/// Runs a program; its standard output. Fails the test when the program does.
@discardableResult
func run(_ program: String, _ arguments: String..., in folder: String? = nil) throws -> [UInt8] {
    let quoted = ([program] + arguments).map {
        "'" + $0.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
    let command = (folder.map { "cd '\($0)' && " } ?? "") + "LC_ALL=C " + quoted.joined(separator: " ")
    let stream = try #require(popen(command, "re"))
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
        let count = fread(&chunk, 1, chunk.count, stream)
        if count == 0 { break }
        output += chunk[..<count]
    }
    let status = pclose(stream)
    try #require(status == 0, "\(command) failed")
    return output
}

func lines(_ bytes: [UInt8]) -> [String] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
}

func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
    let file = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    try file.writeAll(Array(bytes), subject: path)
}

func contents(_ path: String) throws -> [UInt8] { try KernelFile.bytes(path, limit: 64 << 20) }
func text(_ path: String) throws -> String { String(decoding: try contents(path), as: UTF8.self) }
func names(_ path: String) throws -> [String] { lines(try run("ls", "-A", path)) }

/// A small tar writer of the tests' own, which also writes what no honest program would.
struct TestTar {
    private(set) var bytes: [UInt8] = []

    mutating func add(
        _ path: String, _ content: [UInt8] = [], type: Character = "0", link: String = "", mode: Int = 0o644,
        uid: Int = 0,
        device: (Int, Int) = (0, 0), mtime: Int = 1_600_000_000, size: Int? = nil, breakChecksum: Bool = false
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ at: Int, _ limit: Int) {
            for (index, byte) in text.utf8.prefix(limit).enumerated() { header[at + index] = byte }
        }
        func octal(_ value: Int, _ at: Int, _ digits: Int) {
            let text = String(value, radix: 8)
            put(String(repeating: "0", count: max(0, digits - text.count)) + text, at, digits)
        }
        put(path, 0, 100)
        octal(mode, 100, 7)
        octal(uid, 108, 7)
        octal(uid, 116, 7)
        octal(size ?? content.count, 124, 11)
        octal(mtime, 136, 11)
        header[156] = type.asciiValue ?? 0
        put(link, 157, 100)
        put("ustar\u{0}00", 257, 8)
        octal(device.0, 329, 7)
        octal(device.1, 337, 7)
        for index in 148..<156 { header[index] = 0x20 }
        octal(header.reduce(0) { $0 + Int($1) } + (breakChecksum ? 1 : 0), 148, 6)
        header[154] = 0
        bytes += header + content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    mutating func pax(_ records: [(String, String)], type: Character = "x") {
        var text = ""
        for (key, value) in records {
            let body = " \(key)=\(value)\n"
            var length = body.utf8.count + 1
            while "\(length)".utf8.count + body.utf8.count != length { length += 1 }
            text += "\(length)\(body)"
        }
        add("PaxHeaders/x", Array(text.utf8), type: type)
    }

    var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 1_024) }
}

/// Unpacks in pieces of `piece` bytes, as a layer or plainly.
func unpack(
    _ tar: [UInt8], into folder: String, piece: Int = 1_000, _ change: (inout TarExtractor.Options) -> Void = { _ in }
) throws {
    var options = TarExtractor.Options()
    change(&options)
    let extractor = try TarExtractor(into: folder, options)
    let reader = TarReader(extractor)
    var at = 0
    while at < tar.count {
        let end = min(at + piece, tar.count)
        try tar[at..<end].withUnsafeBytes { try reader.feed($0) }
        at = end
    }
    try reader.finish()
    try extractor.finish()
}

/// An image of layers that are given as (compressed blob, tar).
struct TestImage {
    var layers: [(blob: [UInt8], tar: [UInt8])]
    var config: JSON = ["architecture": "amd64", "os": "linux", "config": ["Cmd": ["/bin/sh"]]]

    var configBytes: [UInt8] {
        var json = config
        json["rootfs"] = ["type": "layers", "diff_ids": JSON(layers.map { "\(Digest(of: $0.tar))" })]
        return json.bytes()
    }

    var manifest: ImageManifest {
        ImageManifest(
            mediaType: MediaType.ociManifest,
            config: Descriptor(
                mediaType: MediaType.ociConfig, digest: Digest(of: configBytes), size: Int64(configBytes.count)),
            layers: layers.map {
                Descriptor(mediaType: MediaType.ociLayerGzip, digest: Digest(of: $0.blob), size: Int64($0.blob.count))
            })
    }

    @discardableResult
    func store(in store: ImageStore, as tags: String...) async throws -> Image {
        let lease = store.lease()
        for (layer, descriptor) in zip(layers, manifest.layers) {
            try await ingest(layer.blob, descriptor, Digest(of: layer.tar), store, lease)
        }
        let image = try await store.register(
            manifest: manifest.json.bytes(), mediaType: MediaType.ociManifest, config: configBytes)
        for tag in tags { try await store.tag(image.id, as: Reference(parsing: tag).withDefaultTag) }
        return try await store.image(id: image.id)
    }
}

func ingest(
    _ blob: [UInt8], _ descriptor: Descriptor, _ diffID: Digest, _ store: ImageStore, _ lease: Lease,
    piece: Int = 50_000
) async throws {
    guard let ingest = try await store.ingestLayer(descriptor, diffID: diffID, lease) else { return }
    do {
        var at = Int(ingest.offset)
        while at < blob.count {
            let end = min(at + piece, blob.count)
            try await ingest.write(ByteBuffer(bytes: blob[at..<end]))
            at = end
        }
    } catch {
        await ingest.cancel()
        throw error
    }
    try await ingest.finish()
}
