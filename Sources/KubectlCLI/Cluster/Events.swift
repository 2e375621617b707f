import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct EventsOptions: Sendable {
    var printing = PrintOptions(), allNamespaces = false, watch = false, object = "", types: [String] = []
    var noHeaders = false, chunk = 500
}

extension VerbTree {
    static func events() -> Verb {
        Verb(
            "events", group: .debugging, "List events",
            usage:
                "events [(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file] [--for TYPE/NAME] [--watch] [--types=Normal,Warning] [options]",
            options: EventsOptions(),
            flags: PrintOptions.flags(\.printing) + [
                .toggle("all-namespaces", short: "A", \.allNamespaces, "Events of all namespaces"),
                .toggle("watch", short: "w", \.watch, "Then go on with what happens"),
                .text("for", \.object, "Only about this object: TYPE/NAME"),
                .strings("types", \.types, "Only of these types: Normal, Warning"),
                .toggle("no-headers", \.noHeaders, "Print no headers"),
                .int("chunk-size", \.chunk, default: 500, "Objects in one answer to a list; 0: all"),
            ]
        ) { options, _, session in
            for type in options.types where !["normal", "warning"].contains(type.lowercased()) {
                throw Refusal("valid --types are Normal or Warning")
            }
            try await EventListing(options: options, session: session).run()
        }
    }
}

struct EventListing: Sendable {
    let options: EventsOptions
    let session: Session

    func run() async throws {
        let namespace = options.allNamespaces ? "" : try session.namespace
        var query: KubeConnection.Query = []
        if !options.object.isEmpty {
            guard let (word, name) = options.object.cut("/"), !word.isEmpty, !name.isEmpty, !name.contains("/") else {
                throw Refusal("--for must be in resource/name form")
            }
            let names = ResourceNames(try await session.resources())
            guard let resource = names.find(word) else { throw ResourceNames.mapperComplaint(word) }
            query.append(
                (
                    "fieldSelector",
                    "involvedObject.kind=\(resource.kind),involvedObject.apiVersion=\(resource.apiVersion),involvedObject.name=\(name)"
                ))
        }
        let path = ResourceID.events.path(namespace: namespace)
        let list = try await session.get(path, query)
        let events = sorted((list["items"].array ?? []).filter(isWanted))
        let printer = try ObjectPrinter(session, options.printing)
        if !printer.format.isTable {
            if options.watch {
                for event in events { try printer.show(event, isTyped: true) }
            } else if case .name = printer.format {
                // A list has no name.
            } else {
                let list: JSON = ["kind": "EventList", "apiVersion": "v1", "items": .array(events)]
                try printer.show(TypedForm.list(list, keepsKinds: true), isTyped: true)
            }
        } else if events.isEmpty, !options.watch {
            session.err.line(
                options.allNamespaces ? "No events found." : "No events found in \(namespace) namespace.")
            return
        } else {
            var table = TabWriter.kubectl
            if !options.noHeaders { table.write(header) }
            for event in events { table.write(line(event)) }
            session.out.write(table.flush())
        }
        guard options.watch else { return }
        try await follow(
            path, query + [("watch", "true"), ("resourceVersion", list["metadata"]["resourceVersion"].plain)], printer)
    }

    private func follow(_ path: String, _ query: KubeConnection.Query, _ printer: ObjectPrinter) async throws {
        let connection = try session.connection
        let answer = try await connection.accepted(
            try await connection.send(.GET, path, query, headers: [("Accept", "application/json")]))
        for try await batch in connection.lines(answer) {
            for change in batch
            where ["ADDED", "MODIFIED"].contains(change["type"].string) && isWanted(change["object"]) {
                if printer.format.isTable {
                    var table = TabWriter.kubectl
                    table.write(line(change["object"]))
                    session.out.write(table.flush())
                } else {
                    try printer.show(change["object"], isTyped: true)
                }
            }
        }
    }

    private func isWanted(_ event: JSON) -> Bool {
        options.types.isEmpty || options.types.contains { $0.lowercased() == event["type"].plain.lowercased() }
    }

    private func sorted(_ events: [JSON]) -> [JSON] { EventText.sorted(events) }

    private var header: String {
        (options.allNamespaces ? "NAMESPACE\t" : "") + "LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n"
    }

    private func line(_ event: JSON) -> String {
        let about = event["involvedObject"]
        let cells = [
            EventText.interval(event), event["type"].plain, event["reason"].plain,
            "\(about["kind"].plain)/\(about["name"].plain)",
            event["message"].plain.trimmed,
        ].map(TablePrinter.escaped)
        return (options.allNamespaces ? "\(event["metadata"]["namespace"].plain)\t" : "")
            + cells.joined(separator: "\t") + "\n"
    }
}
