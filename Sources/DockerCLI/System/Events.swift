import NIOHTTP1
import CommandLine
import DockerModel
import JSON

struct EventsOptions: Sendable, Filtering { var filters = Filters(), format = "", since = "", until = "" }

extension CommandTree {
    static func events() -> DockerCommand {
        DockerCommand(
            "events", "Get real time events from the server", usage: "[OPTIONS]",
            spellings: ["docker system events", "docker events"], count: .none, options: EventsOptions(),
            flags: [
                .filter(), .text("format", \.format, FormatHelp.plain),
                .text("since", \.since, "Show events since this time"),
                .text("until", \.until, "Show events until this time"),
            ]
        ) { options, _, session in
            var template: Template?
            if !options.format.isEmpty {
                do { template = try Template(parsing: options.format == "json" ? "{{json .}}" : options.format) } catch
                {
                    throw Failure("Error parsing format: \(error)", exitCode: 64)
                }
            }
            var query = options.filters.query
            if !options.since.isEmpty { query.append(("since", try time(options.since))) }
            if !options.until.isEmpty { query.append(("until", try time(options.until))) }
            let documents = try session.client.documents(try await session.client.send(.GET, "/events", query))
            while let event = try await documents.next() {
                if let template {
                    session.out.line(try template.execute(.json(event), missingKeysFail: true))
                } else {
                    session.out.line(EventText.line(event))
                }
            }
            return 0
        }
    }

    private static func time(_ text: String) throws -> String {
        do { return try TimeArgument.parse(text, "") } catch {
            throw Failure("failed to parse value as time or duration: \"\(text)\"")
        }
    }
}

enum EventText {
    /// `2026-11-22T20:04:56.123456789Z container start ID (image=nginx, name=web)`.
    static func line(_ event: JSON) -> String {
        var text = ""
        if let nanoseconds = event["timeNano"].int, nanoseconds != 0 {
            text =
                Timestamp(seconds: Int64(nanoseconds / 1_000_000_000), nanoseconds: Int64(nanoseconds % 1_000_000_000))
                .localRFC3339Nano + " "
        } else if let seconds = event["time"].int, seconds != 0 {
            text = Timestamp(seconds: Int64(seconds)).localRFC3339Nano + " "
        }
        text += "\(event["Type"].string ?? "") \(event["Action"].string ?? "") \(event["Actor", "ID"].string ?? "")"
        let attributes = event["Actor", "Attributes"].stringMap.sorted { $0.key < $1.key }.map {
            "\($0.key)=\($0.value)"
        }
        return attributes.isEmpty ? text : text + " (\(attributes.joined(separator: ", ")))"
    }
}
