import CommandLine
import Fault
import JSON
import OCI

/// Manifest lists that are being put together, as files of the client's own, where the original keeps them too:
/// `manifests/LIST/IMAGE` in the configuration's folder.
struct ManifestLists: Sendable {
    /// One image of a list.
    struct Entry: Sendable {
        let reference: Reference
        var descriptor: Descriptor
        /// What no descriptor of ours has.
        var osVersion = ""
        var osFeatures: [String] = []
        let bytes: [UInt8]

        var platform: JSON {
            var json = descriptor.platform?.json ?? ["architecture": "", "os": ""]
            if !osVersion.isEmpty { json["os.version"] = .string(osVersion) }
            if !osFeatures.isEmpty { json["os.features"] = JSON(osFeatures) }
            return json
        }

        /// In a list.
        var listed: JSON {
            var json = descriptor.json
            json["platform"] = platform
            return json
        }

        /// What `inspect --verbose` shows, and what is kept.
        var document: JSON {
            let isOCI = descriptor.mediaType == MediaType.ociManifest
            return [
                "Ref": .string(reference.canonical), "Descriptor": listed, "Raw": .string(encodeBase64(bytes)),
                isOCI ? "OCIManifest" : "SchemaV2Manifest": (try? JSON(parsing: bytes)) ?? .null,
            ]
        }

        init(reference: Reference, descriptor: Descriptor, bytes: [UInt8]) {
            (self.reference, self.descriptor, self.bytes) = (reference, descriptor, bytes)
        }

        init(_ document: JSON) throws(Fault) {
            reference = try Reference(parsing: document["Ref"].string ?? "")
            descriptor = try Descriptor(document["Descriptor"])
            osVersion = document["Descriptor"]["platform"]["os.version"].string ?? ""
            osFeatures = document["Descriptor"]["platform"]["os.features"].strings
            bytes = decodeBase64(document["Raw"].string ?? "") ?? []
        }
    }

    private static let entryBytes = 16 << 20

    let folder: String

    init(_ configuration: DockerConfig) { folder = configuration.folder + "/manifests" }

    /// A reference as the name of a file.
    private static func name(_ reference: Reference) -> String {
        reference.canonical.replacing("/", with: "_").replacing(":", with: "-").replacing("@", with: "-")
    }

    private func place(_ list: Reference) -> String { "\(folder)/\(Self.name(list))" }

    func exists(_ list: Reference) -> Bool { !FileNames.all(in: place(list)).isEmpty }

    func entries(_ list: Reference) throws -> [Entry] {
        try FileNames.all(in: place(list)).sorted().map { name in
            let path = "\(place(list))/\(name)"
            do { return try Entry(try JSON(parsing: try WholeFile.read(path, limit: Self.entryBytes))) } catch {
                throw Failure("\(path) is no manifest that can be read: \(sentence(error)); remove it and begin anew")
            }
        }
    }

    func entry(_ image: Reference, of list: Reference) throws -> Entry? {
        try entries(list).first { $0.reference == image }
    }

    func save(_ entry: Entry, in list: Reference) throws {
        try WholeFile.replace(
            "\(place(list))/\(Self.name(entry.reference))",
            with: Array(entry.document.pretty(indent: "\t").utf8), mode: 0o644)
    }

    /// - Returns: false when there is no such list.
    func remove(_ list: Reference) -> Bool { FileNames.removeFolder(place(list)) }

    /// The list as registries keep it.
    static func document(_ entries: [Entry]) -> JSON {
        let isOCI = entries.first?.descriptor.mediaType == MediaType.ociManifest
        return [
            "schemaVersion": 2, "mediaType": .string(isOCI ? MediaType.ociIndex : MediaType.dockerList),
            "manifests": .array(entries.map(\.listed)),
        ]
    }
}
