import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

extension Getting {
    /// First what is there, then each change as it comes, until the server ends it.
    func watch() async throws {
        let names = ResourceNames(try await session.resources())
        var listing = selection
        listing.keepsLists = true
        let selected = try await session.select(listing)
        if options.ignoresNotFound,
            selected.errors.allSatisfy({ ($0 as? APIStatus)?.reason == "NotFound" }), selected.items.isEmpty
        {
            return
        }
        let items = try selected.all()
        guard let first = items.first else { return }
        guard Set(items.map(\.resource.id)).count == 1 else {
            throw Refusal("you may only specify a single resource type")
        }
        _ = names
        var table = TablePrinter(tableOptions(first.resource, withKind: false))
        let isList = first.name.isEmpty
        if !options.watchOnly {
            for item in items { try show(item.object, event: "ADDED", &table) }
            session.out.write(table.flush())
        }
        let version = isList ? items.last?.object["metadata"]["resourceVersion"].string ?? "0" : "0"
        try await follow(first, isList: isList, from: version, &table)
    }

    private func follow(_ first: Item, isList: Bool, from version: String, _ table: inout TablePrinter) async throws {
        var query = selection.query
        query += [("watch", "true"), ("resourceVersion", version)]
        if let seconds = try session.options.requestSeconds { query.append(("timeoutSeconds", "\(seconds)")) }
        if let labels = options.labels, !labels.isEmpty { query.append(("labelSelector", labels)) }
        var fields = options.fields
        if !isList {
            let own = "metadata.name=\(first.name)"
            fields = fields.isEmpty ? own : "\(fields),\(own)"
        }
        if !fields.isEmpty { query.append(("fieldSelector", fields)) }
        let connection = try session.connection
        let answer = try await connection.accepted(
            try await connection.send(.GET, first.folder, query, headers: [("Accept", selection.accept)]))
        var skips = !isList
        for try await batch in connection.lines(answer) {
            for event in batch {
                let type = event["type"].string ?? ""
                if type == "ERROR" { throw APIStatus(event["object"]) }
                if type == "BOOKMARK" { continue }
                // A watch of one object begins with the object itself, which was shown.
                if skips {
                    skips = false
                    continue
                }
                try show(event["object"], event: type, &table)
            }
            session.out.write(table.flush())
        }
    }

    private func show(_ object: JSON, event: String, _ table: inout TablePrinter) throws {
        guard printer.format.isTable else {
            if options.showsEvents {
                return try printer.show(["type": .string(event), "object": object])
            }
            if let list = object["items"].array, object["kind"].string?.hasSuffix("List") == true {
                for item in list { try printer.show(item) }
                return
            }
            if case .customColumns(let spec) = printer.format {
                session.out.write(
                    try CustomColumns(spec: spec, noHeaders: options.noHeaders || event != "ADDED").text([object]))
                return
            }
            return try printer.show(object)
        }
        table.add(Self.table(object), event: options.showsEvents ? event : nil)
    }
}
