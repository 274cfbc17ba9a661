package dev.certfleet.agent.gate;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps the lists instead of writing them. */
final class FakePublisher implements ListKeeper.Publisher {
    final List<PushedList> lists = new CopyOnWriteArrayList<>();

    @Override
    public boolean exists() {
        return !lists.isEmpty();
    }

    @Override
    public String publish(PushedList list) {
        lists.add(list);
        return "list " + lists.size();
    }

    List<String> last() {
        return lists.getLast().ids();
    }
}
