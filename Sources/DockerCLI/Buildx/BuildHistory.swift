import BuildClient
import CommandLine
import JSON

/// `docker buildx history`: builds that the daemon remembers.
extension CommandTree {
    private struct HistoryOptions: Sendable {
        var builder = "", format = "table", isWhole = false, isLocal = false, all = false, progress = "plain"
        var filters: [String] = []
    }

    private static let builderFlag = Flag<HistoryOptions>.text("builder", \.builder, "The builder that is asked")

    static func buildHistory() -> DockerCommand {
        DockerCommand(
            "history", "Work with the records of builds",
            subcommands: [inspectRecord(), recordLogs(), listRecords(), removeRecords()])
    }

    private static func listRecords() -> DockerCommand {
        DockerCommand(
            "ls", "List the records of builds", usage: "[OPTIONS]", count: .none, options: HistoryOptions(),
            flags: [
                builderFlag,
                .list("filter", \.filters, value: "stringArray", "Condition for what is shown (e.g. \"status=error\")"),
                .text("format", \.format, default: "table", FormatHelp.plain),
                .toggle("no-trunc", \.isWhole, "Show names whole"),
            ]
        ) { options, _, session in
            try Builders.check(options.builder, session)
            let conditions = try RecordCondition.all(options.filters)
            let records = try await Builders.with(session) { daemon in
                try await daemon.records(
                    filters: conditions.isEmpty
                        ? [] : [conditions.map(\.spelling).joined(separator: ",")])
            }.filter { record in conditions.allSatisfy { $0.holds(record) } }
            let running = records.filter { $0.completed == nil }, over = records.filter { $0.completed != nil }
            let isTable = options.format.hasPrefix("table")
            let rows = RecordRows(session: session, isTable: isTable, isWhole: options.isWhole)
            guard options.format != "json" else {
                for record in running + over { session.out.line(rows.json(record).text) }
                return 0
            }
            session.out.write(
                try rows.listing.render(running + over, format: options.format, standard: RecordRows.standard))
            return 0
        }
    }

    private static func removeRecords() -> DockerCommand {
        DockerCommand(
            "rm", "Remove records of builds", usage: "[OPTIONS] [REF...]", count: .atLeast(0),
            options: HistoryOptions(), flags: [.toggle("all", \.all, "Remove all of them"), builderFlag]
        ) { options, parsed, session in
            if parsed.arguments.isEmpty, !options.all { throw Failure("ERROR: rm requires at least one argument") }
            guard parsed.arguments.isEmpty || !options.all else {
                throw Failure("ERROR: rm requires either --all or at least one argument")
            }
            try Builders.check(options.builder, session)
            var faults: [String] = []
            let references =
                options.all
                ? try await Builders.with(session) { daemon in
                    try await daemon.records().filter { $0.completed != nil }.map(\.reference)
                } : parsed.arguments
            for reference in references {
                do { try await Builders.with(session) { try await $0.removeRecord(reference) } } catch {
                    faults.append("\(error)")
                }
            }
            guard faults.isEmpty else {
                let prefix = "ERROR: "
                throw Failure(
                    prefix
                        + faults.map { $0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : $0 }
                        .joined(separator: "\n"))
            }
            return 0
        }
    }

    private static func recordLogs() -> DockerCommand {
        DockerCommand(
            "logs", "Show what a build told", usage: "[OPTIONS] [REF]", count: .atMost(1), options: HistoryOptions(),
            flags: [
                builderFlag,
                .text("progress", \.progress, default: "plain", "How it is shown (plain, rawjson, tty)"),
            ]
        ) { options, parsed, session in
            try Builders.check(options.builder, session)
            guard let style = ProgressStyle(rawValue: options.progress) else {
                throw Failure("ERROR: invalid progress mode \(GoText.quote(options.progress))")
            }
            let reference = parsed.arguments.first ?? ""
            try await Builders.with(session) { daemon in
                let record = try await RecordChoice.find(reference, daemon)
                let desk = ProgressDesk(
                    style == .auto ? .plain : style, on: session.err, builder: nil,
                    hasColours: (session.environment["NO_COLOR"] ?? "").isEmpty)
                await desk.begin()
                try await daemon.replay(record.reference) { await desk.hear($0) }
                await desk.end()
            }
            return 0
        }
    }

    private static func inspectRecord() -> DockerCommand {
        DockerCommand(
            "inspect", "Show the record of a build", usage: "[OPTIONS] [REF]", count: .atMost(1),
            options: HistoryOptions(),
            flags: [builderFlag, .text("format", \.format, default: "pretty", FormatHelp.plain)]
        ) { options, parsed, session in
            try Builders.check(options.builder, session)
            let reference = parsed.arguments.first ?? ""
            let record = try await Builders.with(session) { try await RecordChoice.find(reference, $0) }
            let text = RecordText(record, session: session, showsReference: reference.isEmpty)
            switch options.format {
            case "table", "pretty": session.out.write(text.whole)
            case "json": session.out.line(text.json.pretty(indent: "  "))
            default: session.out.line(try Template(parsing: options.format).execute(.json(text.json)))
            }
            return 0
        }
    }
}

/// The build that a command means: by its name, by how many came after it (`^1`), or the last one.
enum RecordChoice {
    static func find(_ reference: String, _ daemon: BuildDaemon) async throws -> BuildRecord {
        guard reference.hasPrefix("^") else {
            guard let record = try await daemon.records(reference).first else {
                throw Failure(
                    reference.isEmpty
                        ? "ERROR: no records found" : "ERROR: no record found for ref \(GoText.quote(reference))")
            }
            return record
        }
        guard let offset = Int(reference.dropFirst()), offset >= 0 else {
            throw Failure("ERROR: invalid offset \(GoText.quote(reference))")
        }
        let records = try await daemon.records()
        guard offset < records.count else {
            throw Failure(
                records.isEmpty
                    ? "ERROR: no records found"
                    : "ERROR: no completed build found with offset \(offset - records.count)")
        }
        return records[offset]
    }
}
