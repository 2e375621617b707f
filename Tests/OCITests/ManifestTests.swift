import Fault
import JSON
import OCI
import TestKit
import Testing

@Suite struct ManifestTests {
    private func descriptor(_ text: String, _ platform: String? = nil, type: String = MediaType.ociManifest) throws
        -> Descriptor
    {
        let parts = platform?.split(separator: "/").map(String.init)
        return Descriptor(
            mediaType: type, digest: Digest(of: text.utf8), size: 7,
            platform: parts.map { Platform(os: $0[0], architecture: $0[1], variant: $0.count > 2 ? $0[2] : nil) })
    }

    @Test(
        "an index gives the best variant the machine can run",
        arguments: [
            ("linux/amd64", "linux/amd64"), ("linux/arm64", "linux/arm64/v8"), ("linux/arm/v7", "linux/arm/v7"),
            ("linux/arm/v6", "linux/arm/v6"), ("linux/arm/v8", "linux/arm/v7"), ("linux/amd64/v3", "linux/amd64"),
            ("linux/arm", "linux/arm/v7"), ("linux/aarch64", "linux/arm64/v8"),
        ])
    func selection(_ wanted: String, _ expected: String) throws {
        let index = ImageIndex(
            mediaType: MediaType.ociIndex,
            manifests: try [
                descriptor("unknown/unknown", "unknown/unknown"), descriptor("linux/arm/v6", "linux/arm/v6"),
                descriptor("linux/arm/v7", "linux/arm/v7"), descriptor("linux/arm64/v8", "linux/arm64/v8"),
                descriptor("linux/amd64", "linux/amd64"), descriptor("windows/amd64", "windows/amd64"),
            ])
        #expect(try index.selectManifest(for: Platform(parsing: wanted)).digest == Digest(of: expected.utf8))
    }

    @Test("32-bit images serve where there is no 64-bit one, attestations never")
    func fallback() throws {
        let old = ImageIndex(
            mediaType: MediaType.ociIndex,
            manifests: [
                try descriptor("att", "unknown/unknown"), try descriptor("386", "linux/386"),
            ])
        #expect(
            try old.selectManifest(for: Platform(os: "linux", architecture: "amd64")).digest == Digest(of: "386".utf8))
        #expect(
            performing: { try old.selectManifest(for: Platform(os: "linux", architecture: "s390x")) },
            throws: {
                ($0 as? Fault)?.message == "no matching manifest for linux/s390x in the manifest list entries"
            })
    }

    @Test(
        "a platform is read as people write it",
        arguments: [
            ("amd64", "linux/amd64"), ("linux/x86_64", "linux/amd64"), ("linux/arm64/v8", "linux/arm64"),
            ("linux/armhf", "linux/arm/v7"), ("linux/arm/6", "linux/arm/v6"), ("LINUX/AMD64", "linux/amd64"),
        ])
    func platforms(_ text: String, _ expected: String) throws {
        #expect("\(try Platform(parsing: text))" == expected)
    }

    @Test("nonsense is no platform", arguments: ["", "linux/", "a/b/c/d", "hello", "linux/am d64"])
    func badPlatforms(_ text: String) {
        #expect(throws: Fault.self) { try Platform(parsing: text) }
    }

    @Test("manifests and indexes survive a round trip and keep their kind")
    func roundTrip() throws {
        let manifest = ImageManifest(
            mediaType: MediaType.dockerManifest, config: try descriptor("c", type: MediaType.dockerConfig),
            layers: [try descriptor("l", type: MediaType.dockerLayerGzip)])
        guard case .manifest(let read) = try ManifestDocument(manifest.json.bytes()) else {
            Issue.record("not a manifest"); return
        }
        #expect(read == manifest)
        let index = ImageIndex(mediaType: MediaType.dockerList, manifests: [try descriptor("m", "linux/arm/v7")])
        guard case .index(let list) = try ManifestDocument(index.json.bytes()) else {
            Issue.record("not an index"); return
        }
        #expect(list == index)
    }

    @Test(
        "documents of another kind are refused with a reason",
        arguments: [
            (#"{"schemaVersion":1,"fsLayers":[]}"#, "schema 1 support has been removed"),
            (#"{"manifests":[],"layers":[]}"#, "ambiguous"), ("[]", "no 'config'"), ("{", "not JSON"),
            (#"{"config":{"digest":"sha256:zz","size":1}}"#, "invalid digest"),
            (#"{"mediaType":"application/vnd.oci.image.index.v1+json","config":{}}"#, "no 'manifests'"),
        ])
    func refusals(_ text: String, _ part: String) {
        #expect(
            performing: { try ManifestDocument(Array(text.utf8)) },
            throws: { ($0 as? Fault)?.message.contains(part) == true })
    }

    @Test("chain IDs follow the image specification")
    func chains() throws {
        let a = Digest(of: [1]), b = Digest(of: [2])
        #expect(ChainID.all([a, b]) == [a, Digest(of: "\(a) \(b)".utf8)])
        #expect(ChainID.all([]).isEmpty)
    }

    @Test("a config gives its layers, history and platform")
    func config() throws {
        let diff = Digest(of: [9])
        let text = """
            {"architecture":"arm64","os":"linux","variant":"v8","config":{"Labels":{"a":"b"}},"rootfs":{"type":"layers",\
            "diff_ids":["\(diff)"]},"history":[{"created_by":"x"},{"created_by":"y","empty_layer":true}]}
            """
        let config = try ImageConfig(bytes: Array(text.utf8))
        #expect(config.diffIDs == [diff] && config.labels == ["a": "b"])
        #expect(config.history.map(\.emptyLayer) == [false, true])
        #expect(config.platform.description == "linux/arm64/v8")
        #expect(throws: Fault.self) { try ImageConfig(bytes: Array("{}".utf8)) }
    }

    @Test("a damaged manifest is refused or read, never more", arguments: Fuzz.seeds(10))
    func fuzz(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let manifest = ImageManifest(
            mediaType: MediaType.ociManifest, config: try descriptor("c"),
            layers: [try descriptor("l"), try descriptor("m")])
        let original = manifest.json.bytes()
        for _ in 0..<500 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0...3, using: &random))
            guard case .manifest(let read)? = try? ManifestDocument(bytes) else { continue }
            #expect(read.layers.count <= 2 && read.layers.allSatisfy { $0.size >= 0 && $0.digest.hex.utf8.count == 64 })
        }
    }
}
