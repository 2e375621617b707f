import CLinux
import CommandLine
import Glibc
import JSON
import KubeClient
import KubeModel
import NIOCore
import NIOHTTP1
import Wire

struct GetOptions: Sendable {
    var files = FileOptions()
    var printing = PrintOptions()
    var allNamespaces = false
    var chunk = 500
    var fields = "", labels: String?
    var ignoresNotFound = false
    var labelColumns: [String] = []
    var noHeaders = false
    var showsEvents = false
    var raw = ""
    var serverPrint = true
    var showsKind = false, showsLabels = false
    var sortBy = "", subresource = ""
    var watch = false, watchOnly = false
}

extension VerbTree {
    static func get() -> Verb {
        Verb(
            "get", group: .basicIntermediate, "Display one or many resources",
            usage:
                "get [(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file|wide] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags] [options]",
            examples:
                "# All pods of the namespace\nkubectl get pods\n\n# One deployment as YAML\nkubectl get deployment/web -o yaml",
            options: GetOptions(),
            flags: FileOptions.flags(\.files, "to get") + PrintOptions.flags(\.printing) + [
                .toggle("all-namespaces", short: "A", \.allNamespaces, "Objects of all namespaces"),
                .int("chunk-size", \.chunk, default: 500, "Objects in one answer to a list; 0: all"),
                .text("field-selector", \.fields, "Select by fields: 'status.phase=Running'"),
                .toggle("ignore-not-found", \.ignoresNotFound, "Don't fail for objects that aren't there"),
                .strings("label-columns", short: "L", \.labelColumns, "Labels that get a column of their own"),
                .toggle("no-headers", \.noHeaders, "Print no headers"),
                .toggle("output-watch-events", \.showsEvents, "Show a watch's events, not only their objects"),
                .text("raw", \.raw, "Path to ask the server for as it is"),
                .optionalText("selector", short: "l", \.labels, "Select by labels: 'key1=value1,key2 in (a,b)'"),
                .toggle("server-print", \.serverPrint, default: true, "Have the server make the table"),
                .toggle("show-kind", \.showsKind, "Put the kind before names"),
                .toggle("show-labels", \.showsLabels, "Show all labels in a last column"),
                .text("sort-by", \.sortBy, "JSONPath of the field to sort by"),
                .text("subresource", \.subresource, "Subresource to get: status, scale, …"),
                .toggle("watch", short: "w", \.watch, "Then go on with the changes"),
                .toggle("watch-only", \.watchOnly, "Only the changes"),
            ]
        ) { options, parsed, session in
            if !options.raw.isEmpty { return try await Getting.raw(options, parsed, session) }
            try Getting.check(options, parsed, session)
            let getting = try Getting(options, parsed, session)
            if options.watch || options.watchOnly { return try await getting.watch() }
            try await getting.run()
        }
    }
}

/// One `get`.
struct Getting: Sendable {
    let options: GetOptions
    let session: Session
    let arguments: [String]
    let printer: ObjectPrinter

    init(_ options: GetOptions, _ parsed: Parsed, _ session: Session) throws {
        self.options = options
        self.session = session
        arguments = parsed.arguments
        printer = try ObjectPrinter(session, options.printing, forGet: true)
    }

    static func raw(_ options: GetOptions, _ parsed: Parsed, _ session: Session) async throws {
        guard parsed.arguments.isEmpty else {
            throw session.misuse("arguments may not be passed when --raw is specified")
        }
        if options.watch || options.watchOnly || options.labels?.isEmpty == false {
            throw session.misuse(
                "--raw may not be specified with other flags that filter the server request or alter the output")
        }
        if !options.printing.output.isEmpty { throw session.misuse("--raw and --output are mutually exclusive") }
        guard options.raw.hasPrefix("/") else {
            throw Refusal(
                "--raw must be a valid URL path: parse \(options.raw.quoted): invalid URI for request")
        }
        let answer = try await session.connection.accepted(
            try await session.connection.send(.GET, options.raw, headers: [("Accept", "application/json, */*")]))
        while let part = try await answer.nextBodyPart() { session.out.write(part.readableBytesView) }
    }

    static func check(_ options: GetOptions, _ parsed: Parsed, _ session: Session) throws {
        let isTable = ["", "wide"].contains(options.printing.output)
        if options.showsLabels, !isTable {
            throw Refusal("--show-labels option cannot be used with \(options.printing.output) printer")
        }
        if !options.labelColumns.isEmpty, !isTable {
            throw Refusal("--label-columns option cannot be used with \(options.printing.output) printer")
        }
        if options.showsEvents, !options.watch, !options.watchOnly {
            throw Refusal("--output-watch-events option can only be used with --watch or --watch-only")
        }
        if parsed.arguments.isEmpty, options.files.isEmpty {
            session.err.write(
                "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported resources.\n\n"
            )
            throw session.misuse(
                "Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods)."
            )
        }
    }

    static let tables = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

    var selection: Selection {
        var selection = options.files.selection(arguments)
        selection.labels = options.labels
        selection.fields = options.fields
        selection.allNamespaces = options.allNamespaces
        selection.emptySelectsAll = true
        selection.latest = true
        selection.subresource = options.subresource
        selection.chunk = options.sortBy.isEmpty ? options.chunk : 0
        if printer.format.isTable, options.serverPrint {
            selection.accept = Self.tables
            if !options.sortBy.isEmpty || options.showsLabels || !options.labelColumns.isEmpty {
                selection.query.append(("includeObject", "Object"))
            }
        }
        return selection
    }

    func run() async throws {
        var selected: Selected
        do { selected = try await session.select(selection) } catch let refusal as Refusal
            where !options.files.kustomize.isEmpty
        {
            throw PlainRefusal(text: refusal.description)
        }
        if options.ignoresNotFound {
            selected.errors.removeAll { ($0 as? APIStatus)?.reason == "NotFound" }
        }
        if printer.format.isTable { try showTables(selected) } else { try showObjects(selected) }
        try Failures.throwing(Self.distinct(selected.errors))
    }

    private static func distinct(_ errors: [any Error]) -> [any Error] {
        var seen = Set<String>()
        return errors.filter { seen.insert(ErrorText.of($0)).inserted }
    }

    // MARK: Tables

    func tableOptions(_ resource: ServedResource, withKind: Bool) -> TablePrinter.Options {
        var table = TablePrinter.Options()
        if case .wide = printer.format { table.wide = true }
        table.noHeaders = options.noHeaders
        table.showsLabels = options.showsLabels
        table.labelColumns = options.labelColumns
        table.withNamespace = options.allNamespaces && resource.isNamespaced
        table.withKind = withKind || options.showsKind
        table.kind = resource.objectName
        return table
    }

    private func showTables(_ selected: Selected) throws {
        var items = selected.items
        // As the original does it, a table without the field to sort by is none at all.
        if !options.sortBy.isEmpty { do { items = try sorted(items) } catch is Sorting.NoSuchField { items = [] } }
        let withKind = Set(items.map { "\($0.resource.group)/\($0.resource.kind)" }).count > 1
        var table: TablePrinter?
        var last: ResourceID?
        var hasWritten = false
        func flush() {
            guard let text = table?.flush(), !text.isEmpty else { return }
            if hasWritten, !options.noHeaders { session.out.line() }
            session.out.write(text)
            hasWritten = true
        }
        for item in items {
            if item.resource.id != last {
                flush()
                table = TablePrinter(tableOptions(item.resource, withKind: withKind))
                last = item.resource.id
            }
            table?.add(Self.table(item.object))
        }
        flush()
        if !hasWritten, !options.ignoresNotFound, selected.errors.isEmpty {
            try tellNothing(items.map(\.resource))
        }
    }

    private func tellNothing(_ resources: [ServedResource]) throws {
        let isNamespaced = !options.allNamespaces && resources.allSatisfy(\.isNamespaced)
        session.err.line(
            isNamespaced ? "No resources found in \(try session.namespace) namespace." : "No resources found")
    }

    /// What a server without tables answers becomes one of names and ages.
    static func table(_ tree: JSON) -> JSON {
        if tree["kind"].string == "Table" { return tree }
        let now = ModelTime.now
        return [
            "columnDefinitions": [["name": "Name", "format": "name", "priority": 0], ["name": "Age", "priority": 0]],
            "rows": [
                [
                    "cells": [
                        tree["metadata"]["name"],
                        .string(AgeText.since(tree["metadata"]["creationTimestamp"], now: now)),
                    ], "object": tree,
                ]
            ],
        ]
    }

    private func sorted(_ items: [Item]) throws -> [Item] {
        guard items.allSatisfy({ $0.object["kind"].string == "Table" }) else { return items }
        if items.count == 1 {
            var item = items[0]
            let rows = try Sorting.sort(item.object["rows"].array ?? [], by: options.sortBy) { $0["object"] }
            item.object["rows"] = .array(rows)
            return [item]
        }
        return try items.map { item in
            var copy = item
            copy.object["rows"] = .array(
                try Sorting.sort(item.object["rows"].array ?? [], by: options.sortBy) { $0["object"] })
            return copy
        }
    }

    // MARK: Objects

    private func showObjects(_ selected: Selected) throws {
        var objects = selected.items.map(\.object)
        if !options.sortBy.isEmpty { objects = try Sorting.sort(objects, by: options.sortBy) { $0 } }
        switch printer.format {
        case .customColumns(let spec):
            let columns = try CustomColumns(spec: spec, noHeaders: options.noHeaders)
            if objects.isEmpty, !selected.errors.isEmpty { return }
            session.out.write(try columns.text(objects))
            return
        case .customColumnsFile(let path):
            let text = String(decoding: try WholeFile.read(path, limit: 1 << 20), as: UTF8.self)
            session.out.write(try CustomColumns(file: text, noHeaders: options.noHeaders).text(objects))
            return
        case .name:
            for object in objects { try printer.show(object) }
            return
        default: break
        }
        if selected.isSingle {
            guard let object = objects.first else { return }
            return try printer.show(object)
        }
        if objects.isEmpty, options.ignoresNotFound { return }
        try printer.show([
            "apiVersion": "v1", "items": .array(objects), "kind": "List", "metadata": ["resourceVersion": ""],
        ])
    }
}

extension ModelTime {
    /// Seconds since 1970.
    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
