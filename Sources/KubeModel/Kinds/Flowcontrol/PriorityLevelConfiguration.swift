import JSON

/// `flowcontrol.apiserver.k8s.io` PriorityLevelConfiguration: how many requests of a level run, and which wait.
enum PriorityLevelConfiguration {
    /// The API's own limit.
    private static let mostQueues = 10_000_000
    /// Bits of the hash that deals a flow its queues.
    private static let hashBits = 60

    static let rules: KindRules = {
        var rules = KindRules(group: FlowSchema.group, kind: "PriorityLevelConfiguration")
        rules.defaults = applyDefaults
        rules.keepStatusApart(keepsMetadata: true)
        rules.countGeneration()
        rules.validate = validate
        rules.validatesChangesLikeCreations()
        rules.validateStatusUpdate = { new, _ in FlowSchema.conditionFaults(new["status"]) }
        rules.table = table
        return rules
    }()

    @Sendable private static func applyDefaults(_ object: inout JSON) {
        object.edit("spec") { spec in
            if spec.text("type") == "Exempt" { spec.fillMissing("exempt", [:]) }
            spec.edit("exempt") { exempt in
                exempt.fillMissing("nominalConcurrencyShares", 0)
                exempt.fillMissing("lendablePercent", 0)
            }
            spec.edit("limited") { limited in
                limited.fillMissing("nominalConcurrencyShares", 30)
                limited.fillMissing("lendablePercent", 0)
                limited.edit("limitResponse") { response in
                    response.edit("queuing") { queuing in
                        queuing.fillZero("handSize", 8)
                        queuing.fillZero("queues", 64)
                        queuing.fillZero("queueLengthLimit", 50)
                    }
                }
            }
        }
    }

    /// The two that always are; of the first only the part `exempt` may be changed.
    private static let mandatory: [String: JSON] = [
        "exempt": ["type": "Exempt"],
        "catch-all": [
            "type": "Limited",
            "limited": [
                "nominalConcurrencyShares": 5, "lendablePercent": 0, "limitResponse": ["type": "Reject"],
            ],
        ],
    ]

    @Sendable private static func validate(_ object: JSON) -> [FieldError] {
        let (spec, path) = (object["spec"], FieldPath("spec"))
        let name = object["metadata"].text("name")
        var faults = specFaults(spec, name, path)
        if let fixed = mandatory[name] {
            var compared = spec
            if name == "exempt" { compared.remove("exempt") }
            if !SemanticEquality.equal(compared, fixed) {
                let exception = name == "exempt" ? " except the 'spec.exempt' field" : ""
                let detail = "spec of '\(name)'\(exception) must equal the fixed value"
                faults.append(SpecFaults.invalid(path, spec, detail))
            }
        }
        return faults + FlowSchema.conditionFaults(object["status"])
    }

    private static func specFaults(_ spec: JSON, _ name: String, _ path: FieldPath) -> [FieldError] {
        let (type, limited) = (spec.text("type"), path["limited"])
        var faults: [FieldError] = []
        if (name == "exempt") != (type == "Exempt") {
            let detail = "must be 'Exempt' if and only if `name` is 'exempt'"
            faults.append(.invalid(path["type"], .string(type), detail))
        }
        switch type {
        case "Exempt":
            if spec.has("limited") { faults.append(.forbidden(limited, "must be nil if the type is not Limited")) }
            if spec.has("exempt") { faults += shareFaults(spec["exempt"], path["exempt"]) }
        case "Limited":
            if spec.has("exempt") { faults.append(.forbidden(path["exempt"], "must be nil if the type is Limited")) }
            if spec.has("limited") {
                faults += limitedFaults(spec["limited"], limited)
            } else {
                faults.append(.required(limited, "must not be empty when type is Limited"))
            }
        default: faults.append(SpecFaults.notSupported(path["type"], .string(type), ["Exempt", "Limited"]))
        }
        return faults
    }

    private static func shareFaults(_ part: JSON, _ path: FieldPath) -> [FieldError] {
        var faults: [FieldError] = []
        if let shares = part["nominalConcurrencyShares"].int, shares < 0 {
            let detail = "must be a non-negative integer"
            faults.append(.invalid(path["nominalConcurrencyShares"], .init(shares), detail))
        }
        if let percent = part["lendablePercent"].int, !(0...100).contains(percent) {
            let detail = "must be between 0 and 100, inclusive"
            faults.append(.invalid(path["lendablePercent"], .init(percent), detail))
        }
        return faults
    }

    private static func limitedFaults(_ limited: JSON, _ path: FieldPath) -> [FieldError] {
        var faults = shareFaults(limited, path)
        if let percent = limited["borrowingLimitPercent"].int, percent < 0 {
            let detail = "if specified, must be a non-negative integer"
            faults.append(.invalid(path["borrowingLimitPercent"], .init(percent), detail))
        }
        let (response, at) = (limited["limitResponse"], path["limitResponse"])
        switch response.text("type") {
        case "Reject":
            if response.has("queuing") {
                let detail = "must be nil if limited.limitResponse.type is not Limited"
                faults.append(.forbidden(at["queuing"], detail))
            }
        case "Queue":
            if response.has("queuing") {
                faults += queueFaults(response["queuing"], at["queuing"])
            } else {
                let detail = "must not be empty if limited.limitResponse.type is Limited"
                faults.append(.required(at["queuing"], detail))
            }
        case let type: faults.append(SpecFaults.notSupported(at["type"], .string(type), ["Queue", "Reject"]))
        }
        return faults
    }

    private static func queueFaults(_ queuing: JSON, _ path: FieldPath) -> [FieldError] {
        let (queues, hand) = (queuing["queues"].int ?? 0, queuing["handSize"].int ?? 0)
        var faults: [FieldError] = []
        func wrong(_ member: String, _ value: Int, _ detail: String) {
            faults.append(.invalid(path[member], .init(value), detail))
        }
        let length = queuing["queueLengthLimit"].int ?? 0
        if length <= 0 { wrong("queueLengthLimit", length, "must be positive") }
        if queues <= 0 { wrong("queues", queues, "must be positive") }
        if queues > mostQueues { wrong("queues", queues, "must not be greater than \(mostQueues)") }
        if hand <= 0 {
            wrong("handSize", hand, "must be positive")
        } else if hand > queues {
            wrong("handSize", hand, "should not be greater than queues (\(queues))")
        } else if !fitsHash(deck: queues, hand: hand) {
            let detail =
                "required entropy bits of deckSize \(queues) and handSize \(hand) should not be greater than "
                + "\(hashBits)"
            wrong("handSize", hand, detail)
        }
        return faults
    }

    /// Whether the hash has bits enough for every way to deal the hand: deck to the power of hand.
    private static func fitsHash(deck: Int, hand: Int) -> Bool {
        if deck <= 1 { return true }
        var ways = 1
        for _ in 0..<hand {
            let (product, overflow) = ways.multipliedReportingOverflow(by: deck)
            if overflow || product > 1 << hashBits { return false }
            ways = product
        }
        return true
    }

    private static let table = KindTable([
        .objectName,
        .init("Type", "Whether the level's requests are limited."),
        .init("NominalConcurrencyShares", "The level's part of all requests that run."),
        .init("Queues", "Queues of requests that wait."),
        .init("HandSize", "Queues that a flow is dealt."),
        .init("QueueLengthLimit", "Requests that may wait in a queue."),
        .objectAge,
    ]) { object, now in
        let spec = object["spec"]
        let queuing = spec["limited"]["limitResponse"]["queuing"]
        func count(_ value: JSON) -> JSON { value.int.map { .init($0) } ?? "<none>" }
        return [
            KindTable.Cell.name(object), .string(spec.text("type")), count(spec["limited"]["nominalConcurrencyShares"]),
            count(queuing["queues"]), count(queuing["handSize"]), count(queuing["queueLengthLimit"]),
            KindTable.Cell.age(object, now),
        ]
    }
}
