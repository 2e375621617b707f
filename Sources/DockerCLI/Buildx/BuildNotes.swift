import CommandLine
import JSON

/// What the client notes of each build on its own disk: from where it was, which the daemon isn't told. In the place and
/// form that buildx has, so that each knows the other's builds (`$BUILDX_CONFIG/refs/BUILDER/NODE/BUILD`).
struct BuildNotes: Sendable {
    struct Note: Sendable {
        /// The context's folder, or its address; `-`: it came in by standard input.
        var place = ""
        /// Empty: the context's own.
        var dockerfile = ""
    }

    private enum Limit {
        /// Bytes of a note.
        static let note = 64 << 10
    }

    private let folder: String

    init(_ session: Session) {
        let own = session.environment["BUILDX_CONFIG"] ?? ""
        let top = own.isEmpty ? session.configuration.folder + "/buildx" : own
        let builder = session.contextName.replacing("/", with: "_")
        folder = "\(top)/refs/\(builder)/\(builder)"
    }

    /// Nothing happens where the disk can't be written: the build is what counts.
    func put(_ note: Note, _ reference: String) {
        let json: JSON = [
            "Target": "default", "LocalPath": .string(note.place), "DockerfilePath": .string(note.dockerfile),
        ]
        try? WholeFile.makeFolders(folder, mode: 0o700)
        try? WholeFile.replace("\(folder)/\(reference)", with: json.bytes(), mode: 0o600)
    }

    subscript(reference: String) -> Note? {
        guard !reference.contains("/"),
            let bytes = try? WholeFile.read("\(folder)/\(reference)", limit: Limit.note),
            let json = try? JSON(parsing: bytes)
        else { return nil }
        return Note(place: json["LocalPath"].string ?? "", dockerfile: json["DockerfilePath"].string ?? "")
    }
}

/// How a build is called in listings: by its context and its Dockerfile, with its target. Pure.
enum BuildName {
    static func of(_ attributes: [String: String], _ note: BuildNotes.Note?) -> String {
        if let name = attributes["build-arg:BUILDKIT_BUILD_NAME"], !name.isEmpty { return name }
        var file = attributes["filename"] ?? ""
        if file == "Dockerfile" { file = "" }
        var place = ""
        if let note, !BuildSources.isRemote(note.place) {
            if note.place != "-" { place = note.place }
            if !["", "-", "Dockerfile"].contains(note.dockerfile) { file = note.dockerfile }
        }
        var name = attributes["context"] ?? local(place, file)
        if let target = attributes["target"], !target.isEmpty { name = name.isEmpty ? target : "\(name) (\(target))" }
        return name
    }

    private static func local(_ place: String, _ file: String) -> String {
        let isDefault = file.isEmpty || file.hasSuffix("/Dockerfile")
        let file = file.hasSuffix("/Dockerfile") ? String(file.dropLast("/Dockerfile".count)) : file
        if file.hasPrefix(place), file.count > place.count {
            let above = place.lastIndex(of: "/").map { place[...$0].count } ?? 0
            return String(file.dropFirst(above))
        }
        let parts = (file.isEmpty ? place : file).split(separator: "/").map(String.init)
        guard let last = parts.last else { return "" }
        if isDefault { return last }
        return parts.count > 1 ? parts[parts.count - 2] + "/" + last : last
    }
}
