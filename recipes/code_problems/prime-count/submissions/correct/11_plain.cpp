#include <cstdio>

static bool prime(int x) {
    if (x < 2) return false;
    for (int d = 2; d * d <= x; d++)
        if (x % d == 0) return false;
    return true;
}

int main() {
    int a, b, count = 0, gap = 0, last = 0;
    if (scanf("%d %d", &a, &b) != 2) return 1;
    for (int x = a; x <= b; x++)
        if (prime(x)) {
            count++;
            if (last && x - last > gap) gap = x - last;
            last = x;
        }
    printf("%d %d\n", count, gap);
}
