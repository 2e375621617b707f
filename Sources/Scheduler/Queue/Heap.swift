/// The element that comes before all others is always first.
struct Heap<Element> {
    private var elements: [Element] = []
    private let comesBefore: (Element, Element) -> Bool

    init(_ comesBefore: @escaping (Element, Element) -> Bool) { self.comesBefore = comesBefore }

    var first: Element? { elements.first }

    mutating func insert(_ element: Element) {
        elements.append(element)
        var place = elements.count - 1
        while place > 0, comesBefore(elements[place], elements[(place - 1) / 2]) {
            elements.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    mutating func removeFirst() -> Element? {
        guard !elements.isEmpty else { return nil }
        elements.swapAt(0, elements.count - 1)
        let first = elements.removeLast()
        var place = 0
        while true {
            var next = place
            for child in [2 * place + 1, 2 * place + 2]
            where child < elements.count && comesBefore(elements[child], elements[next]) { next = child }
            if next == place { return first }
            elements.swapAt(place, next)
            place = next
        }
    }
}
