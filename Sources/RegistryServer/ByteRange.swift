/// Ranges of bytes in requests.
enum ByteRange {
    enum Asked: Equatable {
        case all
        case part(ClosedRange<Int64>)
        /// Nothing of the content is in it.
        case nothing
    }

    /// A `Range` header for a content of so many bytes (RFC 9110, 14.1.2). What isn't one range of bytes counts as
    /// none, and the whole is sent.
    static func asked(_ header: String?, of size: Int64) -> Asked {
        guard let header, header.hasPrefix("bytes="), !header.contains(",") else { return .all }
        let ends = header.dropFirst("bytes=".count).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else {
            return .all
        }
        switch (Int64(ends[0]), Int64(ends[1])) {
        case (let first?, let last?):
            guard first <= last else { return .all }
            return first < size ? .part(first...min(last, size - 1)) : .nothing
        case (let first?, nil) where ends[1].isEmpty: return first < size ? .part(first...(size - 1)) : .nothing
        case (nil, let count?) where ends[0].isEmpty:
            return count > 0 && size > 0 ? .part(max(0, size - count)...(size - 1)) : .nothing
        default: return .all
        }
    }

    /// A chunk's place, `FIRST-LAST`, from its `Content-Range` header; nil for anything else.
    static func chunk(_ text: String) -> ClosedRange<Int64>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Int64(ends[0]), let last = Int64(ends[1]), first >= 0, first <= last else {
            return nil
        }
        return first...last
    }
}
