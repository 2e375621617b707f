import JSON

extension KindTable.Column {
    static let objectName = KindTable.Column(
        "Name", format: "name", "The object's name, unique among its kind in its scope.")
    static let objectAge = KindTable.Column("Age", "The time since the object was created.")

    /// A column that is shown with `-o wide` only.
    static func wide(_ name: String, _ description: String) -> KindTable.Column {
        KindTable.Column(name, priority: 1, description)
    }

    /// What workloads print of their template, with `-o wide`.
    static let containers = wide("Containers", "The names of the template's containers.")
    static let images = wide("Images", "The images of the template's containers.")
    static let podSelector = wide("Selector", "What the pods' labels must be.")
}

extension KindTable {
    /// Cells that the tables of many kinds share.
    enum Cell {
        static func name(_ object: JSON) -> JSON { .string(object["metadata"].text("name")) }
        static func age(_ object: JSON, _ now: Double) -> JSON {
            .string(AgeText.since(object["metadata"]["creationTimestamp"], now: now))
        }
        /// The number, 0 where there is none.
        static func count(_ value: JSON) -> JSON { .init(value.int ?? 0) }
        /// The text, or `instead` where there is none.
        static func text(_ value: JSON, or instead: String) -> JSON { .string(value.string ?? instead) }
        static func containers(_ template: JSON) -> JSON { joined(template, "name") }
        static func images(_ template: JSON) -> JSON { joined(template, "image") }
        /// Up to `most` elements, then how many more; `<unset>` when there are none.
        static func some(_ list: [String], most: Int = 3) -> JSON {
            let shown = list.prefix(most).joined(separator: ",")
            if list.count > most { return .string("\(shown) + \(list.count - most) more...") }
            return shown.isEmpty ? "<unset>" : .string(shown)
        }

        private static func joined(_ template: JSON, _ member: String) -> JSON {
            .string(template["spec"].list("containers").map { $0.text(member) }.joined(separator: ","))
        }
    }
}

extension KindTable {
    /// Of kinds that show no more.
    static let nameAndAge = KindTable([.objectName, .objectAge]) { object, now in
        [KindTable.Cell.name(object), KindTable.Cell.age(object, now)]
    }
}
