#include <iostream>
#include <string>

int main() {
    std::string s;
    std::cin >> s;
    char letter = s[0];
    size_t best = 0, run = 0;
    for (size_t i = 0; i < s.size(); i++) {
        run = (i && s[i] == s[i - 1]) ? run + 1 : 1;
        if (run > best) {
            best = run;
            letter = s[i];
        }
    }
    std::cout << letter << ' ' << best << '\n';
}
