// The nine rules written by hand as one loop in whole hundredths of a yuan: what a kernel is measured against.
// Incomes are kept in fifths of that, because 80 % of a wage counts.
#include <stdint.h>

typedef const int64_t *Numbers;

void nine_rules(int64_t first, int64_t last, Numbers starts, Numbers county, Numbers assets, Numbers wage,
                Numbers other, Numbers age, Numbers disability, Numbers standards, Numbers hours,
                uint8_t *granted, int64_t *amount, int64_t *single, int64_t *care) {
    for (int64_t home = first; home < last; home++) {
        const int64_t from = starts[home], to = starts[home + 1];
        const int64_t members = to - from, line = standards[county[home]];
        int64_t fifths = 0, raised = 0;
        for (int64_t one = from; one < to; one++) {
            fifths += 4 * wage[one] + 5 * other[one];
            raised += (disability[one] == 2) | (age[one] >= 70) | (age[one] <= 16);
        }
        const int is_below = fifths < 5 * line * members;
        const int is_poor = is_below && assets[home] <= 24 * line * members;
        const int is_near = 2 * fifths < 15 * line * members;
        const int64_t tenths = 10 * line * members - 2 * fifths + 3 * line * raised;
        granted[home] = is_poor;
        amount[home] = is_poor ? (tenths + 999) / 1000 : 0;
        for (int64_t one = from; one < to; one++) {
            const int64_t short_of = 5 * line - 4 * wage[one] - 5 * other[one];
            single[one] = (!is_poor && is_near && disability[one] == 2 && short_of > 0) ? short_of : 0;
            care[one] = hours[disability[one]];
        }
    }
}
