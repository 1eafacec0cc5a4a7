/* Spinlocks on the host, where one thread takes no lock twice: mock.c has them. */
#ifndef HOST_SYNC_SPINLOCK_H
#define HOST_SYNC_SPINLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "riscv/csr.h"
#include "riscv/hart.h"
#include "sync/lockorder.h"

struct spinlock {
    uint64_t locked;
};

#define SPINLOCK(name, rank) {0}
void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank);
void spin_lock(struct spinlock *lock);
bool spin_trylock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);
uint64_t spin_lock_irq(struct spinlock *lock);
void spin_unlock_irq(struct spinlock *lock, uint64_t flags);
void spin_assert_held(struct spinlock *lock);

#endif
