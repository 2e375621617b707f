import CommandLine
import DockerModel
import JSON

/// `docker images --tree`: images with a line for each platform that they have. Without the original's colours.
struct ImageTree: Sendable {
    private struct Details: Sendable {
        var id = "", usage = "", content = ""
        var isUsed = false
    }

    private struct Branch: Sendable {
        let platform: String
        let details: Details
    }

    private struct Top: Sendable {
        var names: [String]
        var details: Details
        var branches: [Branch]
        var created: Int
    }

    static func run(_ options: ListImagesOptions, pattern: String?, _ session: Session) async throws -> Int32 {
        for (isGiven, flag) in [
            (options.quiet, "quiet"), (options.full, "no-trunc"), (options.digests, "show-digest"),
            (!options.format.isEmpty, "format"),
        ] where isGiven {
            throw Failure("--\(flag) is not yet supported with --tree")
        }
        var filters = options.filters
        if let pattern { filters.add("reference", pattern) }
        var query: Query = options.all ? [("all", "1")] : []
        query += filters.query + [("manifests", "1")]
        let images = try await session.client.get("/images/json", query).array ?? []
        let shown = options.all ? images : images.filter { !isDangling($0) }
        let width = max(20, session.out.isTerminal ? session.out.size()?.columns ?? 80 : 80)
        session.out.write(render(shown, width: width, isTerminal: session.out.isTerminal))
        return 0
    }

    private static func isDangling(_ image: JSON) -> Bool {
        let tags = image["RepoTags"].strings, digests = image["RepoDigests"].strings
        if tags.isEmpty, digests.isEmpty { return true }
        return tags == ["<none>:<none>"] && digests == ["<none>@<none>"]
    }

    private static func size(_ bytes: Double) -> String { Units.decimalSize(bytes, precision: 3) }

    private static func top(_ image: JSON) -> Top {
        var details = Details(
            id: image["Id"].string ?? "", usage: size(image["Size"].double ?? 0),
            isUsed: (image["Containers"].int ?? -1) > 0)
        var content = 0.0
        var branches: [Branch] = []
        for manifest in image["Manifests"].array ?? [] {
            content += manifest["Size"]["Content"].double ?? 0
            guard manifest["Kind"].string == "image" else { continue }
            let data = manifest["ImageData"]
            let platform = ["os", "architecture", "variant"].compactMap { data["Platform"][$0].string }
            let branch = Branch(
                platform: platform.filter { !$0.isEmpty }.joined(separator: "/"),
                details: Details(
                    id: manifest["ID"].string ?? "", usage: size(manifest["Size"]["Total"].double ?? 0),
                    content: size(manifest["Size"]["Content"].double ?? 0),
                    isUsed: !(data["Containers"].array ?? []).isEmpty))
            if branch.details.isUsed { details.isUsed = true }
            branches.append(branch)
        }
        details.content = size(content)
        return Top(
            names: image["RepoTags"].strings, details: details, branches: branches,
            created: image["Created"].int ?? 0)
    }

    // MARK: the page

    private struct Column {
        let title: String
        var width: Int
        var isRight = false
        var value: @Sendable (Details) -> String = { _ in "" }

        func cell(_ text: String) -> String {
            let space = width - text.count
            if space < 0 { return String(text.prefix(max(width - 1, 0))) + "…" }
            let fill = String(repeating: " ", count: space)
            return isRight ? fill + text : text + fill
        }
    }

    private static let gap = "   "

    static func render(_ images: [JSON], width: Int, isTerminal: Bool) -> String {
        let tops = images.map(top).enumerated()
            .sorted { ($1.element.created, $0.offset) < ($0.element.created, $1.offset) }.map(\.element)
        let columns = columns(tops, width: width)
        var page = "WARNING: This is an experimental feature. The output may change and shouldn't be depended on.\n"
        let legend = " Info ->  U In Use "
        page += String(repeating: " ", count: max(0, width - legend.count)) + legend + "\n\n"
        page += columns.map { $0.cell($0.title.uppercased()) }.joined(separator: gap) + "\n"
        func details(_ details: Details) -> String {
            columns.dropFirst().map { gap + $0.cell($0.value(details)) }.joined()
        }
        let isSpaced = tops.contains { !$0.branches.isEmpty }
        for top in tops {
            let names = top.names.enumerated().sorted {
                ($1.element.utf8.count, $0.offset) < ($0.element.utf8.count, $1.offset)
            }.map(\.element)
            for name in names.dropLast() {
                page += (isTerminal && name.count >= width ? String(name.prefix(width - 1)) + "…" : name) + "\n"
            }
            page += columns[0].cell(names.last ?? "<untagged>") + details(top.details)
            if isSpaced { page += "\n" }
            for (at, branch) in top.branches.enumerated() {
                let twig = at == top.branches.count - 1 ? "└─ " : "├─ "
                page += columns[0].cell(twig + branch.platform) + details(branch.details) + "\n"
            }
            page += "\n"
        }
        return page
    }

    /// Columns that leave too little for the names are left out with those behind them.
    private static func columns(_ tops: [Top], width: Int) -> [Column] {
        let anyUsed = tops.contains { $0.branches.contains { $0.details.isUsed } }
        let others = [
            Column(title: "ID", width: 12) { Shown.short($0.id) },
            Column(title: "Disk usage", width: 10, isRight: true) { $0.usage },
            Column(title: "Content size", width: 12, isRight: true) { $0.content },
            Column(title: "Extra", width: 5) { anyUsed ? ($0.isUsed ? "U" : " ") : "" },
        ]
        var left = width
        var kept: [Column] = []
        for column in others {
            let needed = column.width + gap.count
            if left - needed < narrowestName { break }
            left -= needed
            kept.append(column)
        }
        // As the original counts: bytes, three for each line of a twig.
        let widest = tops.flatMap {
            $0.names.map(\.utf8.count) + $0.branches.map { "└─ ".utf8.count + $0.platform.utf8.count }
        }
        .reduce("Image".count, max)
        return [Column(title: "Image", width: min(left, widest))] + kept
    }

    private static let narrowestName = 12
}
