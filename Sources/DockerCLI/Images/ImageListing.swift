import CommandLine
import JSON
import OCI

/// One line of `docker images`: an image under one of its names.
struct ImageRow: Sendable {
    let json: JSON
    let repository: String
    let tag: String
    let digest: String
    let shortens: Bool
    let now: Timestamp

    var id: String {
        let id = json["Id"].string ?? ""
        return shortens ? Shown.short(id) : id
    }

    /// A line for each tag; where digests are asked for, one for each pair; `<none>` where there is no name at all.
    static func rows(_ image: JSON, digests: Bool, shortens: Bool, now: Timestamp) -> [ImageRow] {
        func row(_ repository: String, _ tag: String, _ digest: String) -> ImageRow {
            ImageRow(json: image, repository: repository, tag: tag, digest: digest, shortens: shortens, now: now)
        }
        let tags = references(image["RepoTags"]), named = references(image["RepoDigests"])
        guard !tags.isEmpty || !named.isEmpty else { return [row("<none>", "<none>", "<none>")] }
        var rows: [ImageRow] = []
        let repositories = (tags + named).map(\.familiarName).reduce(into: [String]()) {
            if !$0.contains($1) { $0.append($1) }
        }
        for repository in repositories {
            let ownTags = tags.filter { $0.familiarName == repository }.map { $0.tag ?? "<none>" }
            let ownDigests = named.filter { $0.familiarName == repository }.compactMap { $0.digest.map { "\($0)" } }
            let shownTags = ownTags.isEmpty ? ["<none>"] : ownTags
            guard digests, !ownDigests.isEmpty else {
                rows += shownTags.map { row(repository, $0, "<none>") }
                continue
            }
            for tag in shownTags { rows += ownDigests.map { row(repository, tag, $0) } }
        }
        return rows
    }

    private static func references(_ names: JSON) -> [Reference] {
        names.strings.filter { !$0.hasPrefix("<none>") }.compactMap { try? Reference(parsing: $0) }
    }

    var withoutDigest: ImageRow {
        ImageRow(json: json, repository: repository, tag: tag, digest: "", shortens: shortens, now: now)
    }

    private var created: Int { json["Created"].int ?? 0 }
    private func size(_ key: String) -> String { Units.decimalSize(json[key].double ?? 0, precision: 3) }

    static let listing = Listing<ImageRow>(
        typeName: "*formatter.imageContext",
        columns: [
            .text("Containers", "CONTAINERS") { row in
                let count = row.json["Containers"].int ?? -1
                return count == -1 ? "N/A" : "\(count)"
            },
            .text("CreatedAt", "CREATED AT") { Timestamp(seconds: Int64($0.created)).goText },
            .text("CreatedSince", "CREATED") { $0.created == 0 ? "" : Shown.ago(unix: $0.created, now: $0.now) },
            .text("Digest", "DIGEST") { $0.digest },
            .text("ID", "IMAGE ID") { $0.id },
            .text("Repository", "REPOSITORY") { $0.repository },
            .text("SharedSize", "SHARED SIZE") {
                $0.json["SharedSize"].int.map { $0 == -1 } ?? true
                    ? "N/A" : Units.decimalSize($0.json["SharedSize"].double ?? 0)
            },
            .text("Size", "SIZE") { $0.size("Size") },
            .text("Tag", "TAG") { $0.tag },
            .text("UniqueSize", "UNIQUE SIZE") { row in
                guard let size = row.json["Size"].double, let shared = row.json["SharedSize"].double, shared >= 0 else {
                    return "N/A"
                }
                return Units.decimalSize(size - shared)
            },
            .text("VirtualSize", "SIZE") { Units.decimalSize($0.json["Size"].double ?? 0) },
        ])

    static func table(digests: Bool) -> String {
        "{{.Repository}}\t{{.Tag}}\t" + (digests ? "{{.Digest}}\t" : "")
            + "{{.ID}}\t{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}\t{{.Size}}"
    }

    static func raw(digests: Bool) -> String {
        "repository: {{ .Repository }}\ntag: {{.Tag}}\n" + (digests ? "digest: {{.Digest}}\n" : "")
            + "image_id: {{.ID}}\ncreated_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n"
    }
}
