import Fault
import JSON

/// Turns the messages of a Docker progress stream into what the docker client shows. On a terminal every item (a layer,
/// mostly) has a line that is rewritten in place; elsewhere each change of state is one line and bars are left out.
///
/// Pure: bytes out, no I/O. Feed messages in order; print each answer as it comes.
package struct ProgressDisplay: Sendable {
    private let isTerminal: Bool
    /// Columns.
    private let width: Int
    /// Lines above the cursor that belong to items, by item.
    private var lines: [String: Int] = [:]

    /// `width` in columns, of the terminal.
    package init(isTerminal: Bool, width: Int = 200) {
        self.isTerminal = isTerminal
        self.width = width
    }

    /// What to print for the message. Throws the stream's own error, when the message is one.
    package mutating func show(_ message: JSON) throws(Fault) -> String {
        if let error = message["errorDetail", "message"].string ?? message["error"].string {
            throw Fault(.internalFault, error)
        }
        if !message["aux"].isNull { return "" }
        let detail = message["progressDetail"]
        let hasDetail = detail.object != nil
        let bar = hasDetail ? barText(detail) : ""
        let id = message["id"].string ?? ""
        guard !id.isEmpty, hasDetail || message["progress"].string != nil else {
            lines = [:]  // what is printed now is no item's line, so those above can't be reached by counting
            return text(message, id: id, bar: bar, hasDetail: hasDetail)
        }
        guard isTerminal else { return text(message, id: id, bar: bar, hasDetail: hasDetail) }
        var out = ""
        if lines[id] == nil {
            lines[id] = lines.count
            out = "\n"
        }
        let up = lines.count - (lines[id] ?? 0)
        return out + "\u{1b}[\(up)A" + text(message, id: id, bar: bar, hasDetail: hasDetail) + "\u{1b}[\(up)B"
    }

    private func text(_ message: JSON, id: String, bar: String, hasDetail: Bool) -> String {
        let stream = message["stream"].string ?? ""
        var (start, end) = ("", "")
        if isTerminal, stream.isEmpty, hasDetail {
            (start, end) = ("\u{1b}[2K\r", "\r")
        } else if !bar.isEmpty {
            return ""
        }
        var line = start
        if !id.isEmpty { line += "\(id): " }
        if let from = message["from"].string, !from.isEmpty { line += "(from \(from)) " }
        let status = message["status"].string ?? ""
        if hasDetail, isTerminal { return line + "\(status) \(bar)\(end)" }
        if let given = message["progress"].string, !given.isEmpty { return line + "\(status) \(given)\(end)" }
        if !stream.isEmpty { return line + stream + end }
        return line + "\(status)\(end)\n"
    }

    private func barText(_ detail: JSON) -> String {
        let (current, total) = (Int64(detail["current"].int ?? 0), Int64(detail["total"].int ?? 0))
        guard let units = detail["units"].string, !units.isEmpty else {
            return progressText(current: current, total: total, width: width)
        }
        if current <= 0, total <= 0 { return "" }
        return total > 0 ? "\(current)/\(total) \(units)" : "\(current) \(units)"
    }
}
