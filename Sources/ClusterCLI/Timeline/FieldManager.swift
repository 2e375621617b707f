import JSON

/// Who wrote an object last, by its managed fields.
enum FieldManager {
    /// The manager whose entry is new or changed; "" when none is.
    /// - Parameter isStatus: of the status, or of the rest.
    static func of(_ new: JSON, since old: JSON?, isStatus: Bool) -> String {
        let before = old?["metadata"]["managedFields"].array ?? []
        let all = new["metadata"]["managedFields"].array ?? []
        // Who loses a field to another has its entry changed too, but keeps its time.
        let written = all.filter { entry in
            !before.contains { $0["manager"] == entry["manager"] && $0["time"] == entry["time"] && isOne($0, entry) }
        }
        let changed = written.isEmpty ? all.filter { !before.contains($0) } : written
        let fitting = changed.filter { ($0["subresource"].string == "status") == isStatus }
        let latest = (fitting.isEmpty ? changed : fitting).max {
            ($0["time"].string ?? "") < ($1["time"].string ?? "")
        }
        return latest?["manager"].string ?? ""
    }

    private static func isOne(_ a: JSON, _ b: JSON) -> Bool {
        a["operation"] == b["operation"] && a["subresource"] == b["subresource"]
    }
}
