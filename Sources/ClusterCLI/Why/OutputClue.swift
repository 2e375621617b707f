import JSON
import KubeModel

/// What a container printed last, as far as it says why the container doesn't get on.
struct OutputClue {
    /// The container's own.
    let text: String
    let namespace: String
    let situation: Situation

    /// Longest part of a line that is shown, in characters.
    private static let longest = 200

    /// The last line that says something; nil: there is none.
    var lastLine: String? {
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            var line = line.drop { $0.isWhitespace }
            while line.last?.isWhitespace == true { line.removeLast() }
            return line
        }
        return lines.last { !$0.isEmpty }.map { $0.count > Self.longest ? "\($0.prefix(Self.longest))…" : String($0) }
    }

    /// A name that was looked for and not found, and what is wrong with it; nil: the output tells of none.
    var missingName: (name: String, why: String, fix: String)? {
        guard let name = lookedUp else { return nil }
        let parts = name.split(separator: ".").map(String.init)
        guard let service = parts.first else { return nil }
        let isInCluster = parts.count < 3 || parts[2] == "svc"
        guard isInCluster else {
            return (
                name, "DNS knows no such name", "Correct the name, or look whether the machine itself can resolve it."
            )
        }
        let place = parts.count > 1 ? parts[1] : namespace
        let names = situation.allServices.filter { $0["metadata"].text("namespace") == place }
            .map { $0["metadata"].text("name") }
        if names.contains(service) {
            return (name, "service/\(service) exists now", "It is tried again.")
        }
        let why = "namespace \(place) has no service called \(service)"
        if let near = NearName.of(service, among: names) {
            return (name, why, "The service \(near) may be meant: correct the name.")
        }
        if let other = situation.allServices.first(where: { $0["metadata"].text("name") == service }) {
            let there = other["metadata"].text("namespace")
            return (name, "\(why), but namespace \(there) has", "Name it \(service).\(there).")
        }
        return (name, why, "Create the service, or correct the name.")
    }

    /// By what resolvers of several languages and tools print.
    private var lookedUp: String? {
        let forms = [
            #/bad address '([^':]+)/#, #/can't resolve '([^']+)'/#, #/Could not resolve host: (\S+)/#,
            #/lookup ([^\s:]+)(?: on [^\s:]+:\d+)?: no such host/#, #/getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (\S+)/#,
            #/UnknownHostException: ([^\s:]+)/#, #/(?:could not translate host name|unknown host) "?([^"\s]+)"?/#,
            #/server can't find ([^\s:]+): NXDOMAIN/#,
        ]
        var last: (at: String.Index, name: String)?
        for form in forms {
            for match in text.matches(of: form) where last.map({ $0.at < match.range.lowerBound }) ?? true {
                last = (match.range.lowerBound, String(match.1))
            }
        }
        return last?.name
    }
}
