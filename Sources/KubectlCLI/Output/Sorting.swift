import CommandLine
import JSON
import KubeModel

/// `--sort-by`.
enum Sorting {
    /// Stable. Throws when no object has the field.
    struct NoSuchField: Error, CustomStringConvertible {
        let description: String
    }

    static func sort<Element>(_ elements: [Element], by field: String, _ object: (Element) -> JSON) throws -> [Element]
    {
        let path: JSONPath
        let shown: String
        do {
            shown = try JSONPath.relaxed(field)
            path = try JSONPath(parsing: shown, allowsMissingKeys: true)
        } catch { throw Refusal("\(error)") }
        let keyed = try elements.map { element -> (Element, JSON?) in
            do { return (element, try path.results(object(element)).first?.first) } catch { throw Refusal("\(error)") }
        }
        if !elements.isEmpty, keyed.allSatisfy({ $0.1 == nil }) {
            throw NoSuchField(description: "couldn't find any field with path \(shown.quoted) in the list of objects")
        }
        return keyed.enumerated().sorted { a, b in
            switch (a.element.1, b.element.1) {
            case (nil, nil): return a.offset < b.offset
            case (nil, _): return true
            case (_, nil): return false
            case (let x?, let y?):
                if isLess(x, y) { return true }
                if isLess(y, x) { return false }
                return a.offset < b.offset
            }
        }.map(\.element.0)
    }

    private static func isLess(_ a: JSON, _ b: JSON) -> Bool {
        if let x = a.double, let y = b.double { return x < y }
        if let x = a.string, let y = b.string {
            if let p = try? Quantity(parsing: x), let q = try? Quantity(parsing: y) { return p < q }
            return naturalLess(x, y)
        }
        if let x = a.bool, let y = b.bool { return !x && y }
        return GoSyntax.plain(a) < GoSyntax.plain(b)
    }

    /// Runs of digits compare as numbers.
    static func naturalLess(_ a: String, _ b: String) -> Bool {
        let x = Array(a.utf8), y = Array(b.utf8)
        var i = 0, j = 0
        func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
        while i < x.count, j < y.count {
            guard isDigit(x[i]), isDigit(y[j]) else {
                if x[i] != y[j] { return x[i] < y[j] }
                i += 1
                j += 1
                continue
            }
            let left = x[i...].prefix(while: isDigit), right = y[j...].prefix(while: isDigit)
            let p = left.drop { $0 == 0x30 }, q = right.drop { $0 == 0x30 }
            if p.count != q.count { return p.count < q.count }
            if !p.elementsEqual(q) { return p.lexicographicallyPrecedes(q) }
            if left.count != right.count { return left.count < right.count }
            i += left.count
            j += right.count
        }
        return x.count - i < y.count - j
    }
}
