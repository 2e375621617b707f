import Fault
import ImageStore
import JSON
import Linux
import NIOCore
import NIOConcurrencyHelpers
import OCI

// Images that need no network: a program that travels inside `hako`, made into an image when it is first asked for.
extension Engine {
    /// The image that stands in for the reference when its registry can't be reached; nil: there is none. It is made,
    /// tagged with the reference, and complete.
    package func builtInImage(for reference: Reference) async throws -> Image? {
        guard let twin = BuiltInImage.twin(of: reference) else { return nil }
        let program = try EmbeddedProgram.bytes(twin.program)
        let layer = twin.layer(program)
        let lease = images.lease()
        defer { withExtendedLifetime(lease) {} }
        let source = NIOLockedValueBox<ByteBuffer?>(ByteBuffer(bytes: layer))
        let made = try await images.addLayer(
            {
                source.withLockedValue { left in
                    defer { left = nil }
                    return left
                }
            }, lease)
        let config = twin.config(diffID: made.diffID).bytes()
        let manifest = try await images.makeManifest(config: config, diffIDs: [made.diffID])
        let image = try await images.register(manifest: manifest.bytes, mediaType: manifest.mediaType, config: config)
        try await images.tag(image.id, as: reference.withDefaultTag)
        return try await images.image(id: image.id)
    }
}

/// One program as a whole image.
struct BuiltInImage: Sendable {
    /// The program's name, in `hako` and in the image's root.
    let program: String
    let ports: [String]
    let repositories: Set<String>

    static let all = [
        BuiltInImage(
            program: "echoserver", ports: ["8080/tcp"],
            repositories: [
                "registry.k8s.io/echoserver", "k8s.gcr.io/echoserver", "gcr.io/google_containers/echoserver",
                "docker.io/library/echoserver",
            ])
    ]

    /// References with a digest name one content, which this isn't.
    static func twin(of reference: Reference) -> BuiltInImage? {
        guard reference.digest == nil else { return nil }
        return all.first { $0.repositories.contains(reference.name) }
    }

    /// Everything in it has the same time, so that the same program gives the same image.
    private static let time = TarEntry.Time(1_767_225_600)
    private static let created = "2026-01-01T00:00:00Z"

    func layer(_ bytes: [UInt8]) -> [UInt8] {
        var tar: [UInt8] = []
        for (path, mode) in [("etc", 0o755), ("tmp", 0o1777)] as [(String, UInt32)] {
            tar += member(TarEntry(path: Array(path.utf8), kind: .directory, mode: mode), [])
        }
        let users = Array("root:x:0:0:root:/:/\(program)\nnobody:x:65534:65534:nobody:/:/bin/false\n".utf8)
        tar += member(
            TarEntry(path: Array("etc/passwd".utf8), kind: .regular, mode: 0o644, size: Int64(users.count)), users)
        tar += member(TarEntry(path: Array(program.utf8), kind: .regular, mode: 0o755, size: Int64(bytes.count)), bytes)
        return tar + TarWriter.end
    }

    private func member(_ entry: TarEntry, _ content: [UInt8]) -> [UInt8] {
        var entry = entry
        entry.mtime = Self.time
        return TarWriter.header(entry) + content + [UInt8](repeating: 0, count: TarWriter.padding(Int64(content.count)))
    }

    func config(diffID: Digest) -> JSON {
        var json = Platform.host.json
        json["created"] = .string(Self.created)
        json["config"] = [
            "ExposedPorts": .object(JSONObject(ports.map { ($0, [:]) })), "Env": ["PATH=/"],
            "Entrypoint": ["/\(program)"],
            "Labels": [
                "org.opencontainers.image.description": "built into hako; stands in when the registry can't be reached"
            ],
        ]
        json["rootfs"] = ["type": "layers", "diff_ids": [.string("\(diffID)")]]
        json["history"] = [["created": .string(Self.created), "created_by": "hako (built in)"]]
        return json
    }
}
