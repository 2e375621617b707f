import BuildProtocol
import CommandLine
import JSON
import Wire

extension SourcePlace {
    private enum Shown {
        /// Lines around what is shown, all in all: around one line, and around several.
        static let aroundOne = 4, aroundMany = 2
    }

    /// The lines with some around them, those that are meant marked. Empty when there are no such lines.
    package var excerpt: String {
        let all = text.split(separator: "\n", omittingEmptySubsequences: false)
        var (first, last) = (lines.lowerBound, min(lines.upperBound, all.count))
        guard first >= 1, first <= all.count else { return "" }
        let marked = first...max(first, last)
        let wanted = marked.count == 1 ? Shown.aroundOne : Shown.aroundMany
        var added = 0
        while added < wanted {
            if first > 1 {
                first -= 1
                added += 1
            }
            if last < all.count {
                last += 1
                added += 1
            }
            added += 1
        }
        let rule = String(repeating: "-", count: 20) + "\n"
        var shown = "\(file):\(marked.lowerBound)\n" + rule
        for number in first...last {
            let digits = String(number)
            let padded = String(repeating: " ", count: max(0, 3 - digits.count)) + digits
            shown += " \(padded) | \(marked.contains(number) ? ">>>" : "   ") \(all[number - 1])\n"
        }
        return shown + rule
    }
}

extension GRPCStatus {
    /// The lines of the Dockerfile that the failure is about.
    package var sources: [SourcePlace] {
        details.compactMap { detail in
            guard detail.type.hasSuffix("errdefs.Source+json"), let json = try? JSON(parsing: detail.value) else {
                return nil
            }
            return SourcePlace(json)
        }
    }
}
