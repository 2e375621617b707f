import CommandLine
import Compose
import DockerCLI
import JSON
import NIOHTTP1
import Wire

struct ComposeEventsOptions: Sendable { var json = false, since = "", until = "" }

extension ComposeTree {
    static func events() -> ComposeCommand {
        ComposeCommand(
            "events", "Receive real time events from containers", usage: "[OPTIONS] [SERVICE...]", count: .atLeast(0),
            options: ComposeEventsOptions(),
            flags: [
                .toggle("json", \.json, "Print events as JSON, one a line"),
                .text("since", \.since, "Show events since a time"),
                .text("until", \.until, "Show events until a time"),
            ]
        ) { options, parsed, context in
            let (_, name) = try await context.projectOrName()
            var query: Query = [ProjectAPI.filters(["\(Label.project)=\(name)"], [("type", "container")])]
            if !options.since.isEmpty { query.append(("since", try TimeArgument.parse(options.since, "since"))) }
            if !options.until.isEmpty { query.append(("until", try TimeArgument.parse(options.until, "until"))) }
            let answer = try await context.session.client.send(.GET, "/events", query)
            let stream = try context.session.client.documents(answer)
            while let event = try await stream.next() {
                let attributes = event["Actor", "Attributes"]
                let service = attributes[Label.service].string ?? ""
                guard attributes[Label.oneOff].string != "True",
                    parsed.arguments.isEmpty || parsed.arguments.contains(service)
                else { continue }
                context.out.line(eventText(event, service, asJSON: options.json))
            }
            return 0
        }
    }

    static func eventText(_ event: JSON, _ service: String, asJSON: Bool) -> String {
        let attributes = event["Actor", "Attributes"].stringMap.filter { !$0.key.hasPrefix("com.docker.compose.") }
        let action = event["Action"].string ?? event["status"].string ?? ""
        let id = event["Actor", "ID"].string ?? ""
        let time = Timestamp(unixNanoseconds: Int64(event["timeNano"].int ?? 0))
        if asJSON {
            let json: JSON = [
                "action": .string(action), "attributes": JSON(attributes), "id": .string(id),
                "service": .string(service), "time": .string(time.localRFC3339Nano), "type": "container",
            ]
            return json.text
        }
        let stamp = time.localRFC3339Nano.replacing("T", with: " ").prefix(26)
        let shown = attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
        return "\(stamp) container \(action) \(id) (\(shown))"
    }
}
